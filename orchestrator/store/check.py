"""Looks at every byte of a store: what is damaged, there twice, orphaned or left over. Decodes little that is sound."""

import contextlib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.store.atomic import TEMPORARY
from orchestrator.store.checkpoint_files import is_whole_checkpoint
from orchestrator.store.courses import course_files, read_course
from orchestrator.store.datasets import DATASETS_FOLDER, read_properties
from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.findings import Damaged, Findings
from orchestrator.store.imported import IMPORTED_FOLDER
from orchestrator.store.parts import TRIAL_ID, part_files, read_part
from orchestrator.store.races import RACES_FOLDER, read_race
from orchestrator.store.repeats import agree, numbers_of, repeated_ids
from orchestrator.store.searches import read_suggestion, suggestion_files
from orchestrator.store.stage_folder import RECORD, StageFolder
from orchestrator.store.stages import METRICS_OF_DATASETS, OWN_NAMES
from orchestrator.store.status import Status
from orchestrator.store.store import UNFIT, Store
from orchestrator.store.sweep_files import read_or_none
from orchestrator.store.writer import HISTORY_FOLDER, TRIALS_FOLDER

FROM_STAGES = "nothing to train: it is put together from the stages"
MEASURED_AGAIN = "nothing to train: the next launch measures it"
DECIDED_AGAIN = "nothing to train: the next launch with --until-decided decides it again"
IMPORT_AGAIN = "nothing to train: `ncvq import` reads it from its source again"
EXAMPLES_AGAIN = "nothing to train: `ncvq report --with-samples` makes it from the weights"
SUGGESTED_AGAIN = "nothing to train, where the next launch draws the same one"


def check(store: Store, looked_at: Callable[[Path], None] = lambda path: None, *, alone: bool = True) -> Findings:
    """Look at a whole store; changes nothing.

    Args:
        store: the store.
        looked_at: told of each file or folder when it was read, for progress.
        alone: no launch runs in the store, so that unfinished files are left over.
    """
    return _Check(store, looked_at).run(alone)


def things_to_check(root: Path) -> list[Path]:
    """Return the files and folders that `check` reads one by one."""
    tables = (TRIALS_FOLDER, HISTORY_FOLDER, IMPORTED_FOLDER)
    folders = (*tables, "sweeps", RACES_FOLDER, DATASETS_FOLDER, "stages", "checkpoints")
    found = [path for folder in folders for path in sorted((root / folder).glob("[!.]*"))]
    return [*found, *suggestion_files(root), *course_files(root)]


class _Check:
    """One look at a store."""

    def __init__(self, store: Store, looked_at: Callable[[Path], None]) -> None:
        self.store = store
        self.looked_at = looked_at
        self.found = Findings()
        self.rows = pa.table({})
        """Ids of each row's trial and stages, and the seconds of these."""

    def run(self, alone: bool) -> Findings:
        of_stages = [f"{stage}_{name}" for stage in OWN_NAMES for name in ("id", "seconds")]
        self.rows = self._table(TRIALS_FOLDER, ("status", *of_stages))
        self._repeats(repeated_ids(self.rows))
        imported = self._imported()
        self._histories(imported)
        unfinished = self._sweeps({*self._column(TRIAL_ID), *imported})
        unfinished |= self._suggestions()
        self._races()
        self._datasets()
        self._stages(unfinished)
        self._checkpoints()
        if alone:
            self._remains()
        return self.found

    def _histories(self, imported: Collection[str]) -> None:
        """Look at the histories: done trials have one, and others none but what a kill left before the row.

        Runs that were imported may have one.
        """
        known = set(pc.unique(self._table(HISTORY_FOLDER).column(TRIAL_ID)).to_pylist())
        for trial_id in sorted(set(self._of(TRIAL_ID, Status.DONE)) - known):
            self.found.lost[f"the history of trial {trial_id}"] = FROM_STAGES
        if without_row := sorted(known - set(self._column(TRIAL_ID)) - set(imported)):
            words = f"{', '.join(without_row[:3])}{' …' if len(without_row) > 3 else ''}"
            what = f"the history of {len(without_row)} trials without a row ({words})"
            self.found.orphaned[what] = "`ncvq resume` uses it"

    def _imported(self) -> list[str]:
        """Look at the runs that other tools made, and return their ids."""
        return list(self._table(IMPORTED_FOLDER, cost=IMPORT_AGAIN).column(TRIAL_ID).to_pylist())

    def _read(self, path: Path) -> None:
        self.found.files += 1
        self.found.size += path.stat().st_size

    def _damaged(self, path: Path, reason: str, cost: str) -> None:
        self.found.damaged.append(Damaged(path=path, reason=reason, cost=cost))

    def _table(self, folder: str, columns: Iterable[str] = (), cost: str = FROM_STAGES) -> pa.Table:
        tables = [pa.table({TRIAL_ID: pa.array([], pa.string())})]
        for path in part_files(self.store.path / folder):
            self._read(path)
            try:
                tables.append(read_part(path, (TRIAL_ID, *columns), unsealed=self.store.unsealed))
            except (StoreError, OSError) as error:
                self._damaged(path, str(error), cost)
            self.looked_at(path)
        return pa.concat_tables(tables, promote_options="permissive")

    def _repeats(self, trial_ids: list[str]) -> None:
        """Find out in which columns the rows of trials differ that have several."""
        rows: dict[str, list[dict[str, Any]]] = {trial_id: [] for trial_id in trial_ids}
        damaged = {each.path for each in self.found.damaged}
        for path in part_files(self.store.path / TRIALS_FOLDER) if rows else ():
            for row in [] if path in damaged else read_part(path, unsealed=self.store.unsealed).to_pylist():
                if row[TRIAL_ID] in rows:
                    rows[row[TRIAL_ID]].append(numbers_of(row))
        for trial_id, (first, *others) in rows.items():
            names = {name for other in others for name in first if not agree(_only(name, first), _only(name, other))}
            self.found.repeated[trial_id] = ", ".join(sorted(names))

    def _sweeps(self, trial_ids: set[str]) -> bool:
        """Look at the sweeps, and say whether one of them waits for trials."""
        unfinished = False
        for path in sorted((self.store.path / "sweeps").glob("[!.]*")):
            self._read(path)
            record = read_or_none(path.parent, path.stem)
            if record is None:
                self._damaged(
                    path, f"sweeps/{path.name}: damaged", f"nothing: `ncvq launch {path.stem}` writes it anew"
                )
            unfinished |= record is None or any(cell["trial_id"] not in trial_ids for cell in record["cells"])
            self.looked_at(path)
        return unfinished

    def _suggestions(self) -> bool:
        """Look at suggestions and how their trials go, and say whether a suggestion waits for trials."""
        known, waiting = set(self._column(TRIAL_ID)), []

        def waits(path: Path) -> None:
            waiting.append(path)
            if known.issuperset(read_suggestion(path).trial_ids):
                waiting.pop()

        self._each(suggestion_files(self.store.path), waits, SUGGESTED_AGAIN)
        self._each(course_files(self.store.path), read_course, MEASURED_AGAIN)
        return bool(waiting)

    def _each(self, paths: Iterable[Path], read: Callable[[Path], object], cost: str) -> None:
        """Look at small files, one after the other."""
        for path in paths:
            self._read(path)
            try:
                read(path)
            except StoreError as error:
                self._damaged(path, str(error), cost)
            self.looked_at(path)

    def _races(self) -> None:
        """Look at the races of sweeps."""
        paths = sorted((self.store.path / RACES_FOLDER).glob("[!.]*.json"))
        self._each(paths, lambda path: read_race(self.store.path, path.stem), DECIDED_AGAIN)

    def _datasets(self) -> None:
        """Look at the properties of datasets."""
        paths = sorted((self.store.path / DATASETS_FOLDER).glob("[!.]*.json"))
        self._each(paths, lambda path: read_properties(self.store.path, path.stem), MEASURED_AGAIN)

    def _stages(self, unfinished: bool) -> None:
        used = {stage_id for stage in OWN_NAMES for stage_id in self._of(f"{stage}_id", Status.DONE) if stage_id}
        goes_on = {stage_id for stage in OWN_NAMES for stage_id in self._of(f"{stage}_id", Status.PRUNED) if stage_id}
        folders = [path for path in sorted((self.store.path / "stages").glob("[!.]*")) if path.is_dir()]
        for stage_id in sorted(used - {path.name for path in folders}):
            self.found.lost[f"stages/{stage_id}"] = self._seconds(stage_id)
        for path in folders:
            if not (path / RECORD).exists() and path.name not in used:
                self.found.left_over.append(path)  # a kill between its files: it never was finished
                continue
            for file in path.iterdir():
                self._read(file)
            folder = self.store.stage(path.name)
            try:
                folder.verify(weights=True)
                if (
                    path.name not in {*used, *goes_on}
                    and not unfinished
                    and METRICS_OF_DATASETS.isdisjoint(folder.read().metrics)
                ):
                    self.found.orphaned[f"stages/{path.name}"] = "no trial has it"
            except StoreError as error:
                self._damaged(path, str(error), self._seconds(path.name))
            else:
                self._examples(folder)
            self.looked_at(path)

    def _examples(self, folder: StageFolder) -> None:
        try:
            folder.examples()
        except DamagedError as error:
            self._damaged(folder.examples_path, str(error), EXAMPLES_AGAIN)

    def _seconds(self, stage_id: str) -> str:
        """Say how long a stage took, where its record or a row has that."""
        known = [
            seconds
            for stage in OWN_NAMES
            for each, seconds in zip(self._column(f"{stage}_id"), self._column(f"{stage}_seconds"), strict=True)
            if each == stage_id and seconds is not None
        ]
        with contextlib.suppress(StoreError):
            known.insert(0, self.store.read_stage(stage_id).timings["seconds"])
        return f"{known[0]:.1f} s of work" if known else "its work"

    def _of(self, name: str, which: Status) -> list[Any]:
        """A column of the trials of a status."""
        pairs = zip(self._column(name), self._column("status"), strict=False)
        return [value for value, status in pairs if status == which]

    def _column(self, name: str) -> list[Any]:
        return self.rows.column(name).to_pylist() if name in self.rows.column_names else []

    def _checkpoints(self) -> None:
        for path in sorted((self.store.path / "checkpoints").glob("[!.]*")):
            if path.suffix == UNFIT or self.store.has_stage(path.stem):
                self.found.left_over.append(path)
            else:
                self._read(path)
                if not is_whole_checkpoint(path):
                    reason = f"checkpoints/{path.name}: damaged, its checksum is not that of what was written"
                    self._damaged(path, reason, "the work since the stage began")
            self.looked_at(path)

    def _remains(self) -> None:
        """Find what killed processes left."""
        running = (self.store.path / "running").glob("*")
        self.found.left_over += sorted([*self.store.path.rglob(TEMPORARY), *running])


def _only(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name)}
