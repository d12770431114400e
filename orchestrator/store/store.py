"""The store: one directory that holds every result and is the only truth about what is done.

What it guarantees:

- A result becomes visible in one atomic step, and never in part: each file is written under a hidden temporary
  name, flushed to the disk and renamed. Of the files of a stage, `record.json` is written last and makes it exist;
  of those of a trial, its row in `trials`.
- A finished result is never written again; a failure never counts as one.
- What is read is what was written: every file that a number comes from carries a checksum.
- Any number of processes may read while one runs.
- Everything is readable without ncvq: Parquet, JSON and safetensors; nothing is unpickled.

Layout:

    store.json                     schema version
    trials/part-*.parquet          one row a trial: config, status, metrics, timings, provenance; 64 trials a file
    history/part-*.parquet         one row a stage and epoch
    stages/STAGE/record.json       metrics, timings and provenance of a stage, shared by all trials that contain it
    stages/STAGE/history.json      its rows
    stages/STAGE/model.safetensors its weights, or what else later stages read
    stages/STAGE/examples.parquet what figures show of it, where that is kept
    checkpoints/STAGE.safetensors  an unfinished stage, removed when it is done; STAGE.unfit: one that did not fit
    sweeps/NAME.parquet            a sweep as it was launched last, one row a cell; earlier designs as NAME-HASH
    races/NAME.json                the race of a sweep: its plan, and what each look decided
    datasets/CHECKSUM.json         properties of a dataset, by the checksum of its data
    searches/STUDY/                suggestions, a file each, written before their trials run; journal.log of Optuna
    imported/NAME.parquet          one row a run that another tool made, of a sweep of such runs; no launch reads it
    running/STAGE.json             what runs now
    damaged/                       what was set aside because it was no longer what was written
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from ncvq_core.stages.kind import Example
from orchestrator.store import sweep_files
from orchestrator.store.atomic import TEMPORARY, Durability, read_json, write_json
from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.imported import IMPORTED_FOLDER, imported_path, read_imported, write_imported
from orchestrator.store.marker import MARKER, SEALED_SINCE, is_empty, looks_like_a_store, read_version, write_version
from orchestrator.store.parts import TRIAL_ID, TableRead, read_table, with_ids
from orchestrator.store.repeats import without_repeats
from orchestrator.store.schema import TRIALS
from orchestrator.store.stage_folder import StageFolder, StageRecord, StoredModel, check_lineage, is_complete
from orchestrator.store.writer import HISTORY_FOLDER, TRIALS_FOLDER, TrialWriter

IDS_IN_A_MESSAGE = 12
UNFIT = ".unfit"
DAMAGED = "damaged"


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Rows of a store, and what could not be read."""

    rows: dict[str, dict[str, Any]]
    """By trial id; a column that an older ncvq lacked is null."""
    damaged: dict[Path, str]
    """Why a part cannot be read; its trials are not among the rows."""


class Store:
    """A store in a local folder.

    Raises:
        StoreError: the folder cannot be used, or a newer ncvq made it.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open a store; with `create`, make it where there is none."""
        self.path = path.absolute()
        if create and not (self.path / MARKER).exists() and not looks_like_a_store(self.path):
            self._make()
        self.version = read_version(self.path)
        if create and not os.access(self.path, os.W_OK):
            raise StoreError(f"{path}: the store is not writable")

    @cached_property
    def _writer(self) -> TrialWriter:
        """Made when it is needed: its first table imports pandas."""
        return TrialWriter(self.path)

    @property
    def unsealed(self) -> bool:
        """Whether its files come from an ncvq that wrote no checksums."""
        return self.version < SEALED_SINCE

    def stage(self, stage_id: str) -> StageFolder:
        """Return the folder of a stage, whether it exists or not."""
        return StageFolder(self.path / "stages" / stage_id, unsealed=self.unsealed)

    def has_stage(self, stage_id: str) -> bool:
        """Say whether a stage is finished and all its files are there."""
        return is_complete(f"{self.path}/stages/{stage_id}")

    def write_stage(
        self,
        stage_id: str,
        record: StageRecord,
        write_model: Callable[[Path], str],
        examples: Iterable[Example] | None = None,
    ) -> None:
        """Keep a finished stage, as `StageFolder.write` does."""
        self.stage(stage_id).write(record, write_model, examples)
        self._clear_checkpoints(stage_id)

    def read_stage(self, stage_id: str) -> StageRecord:
        """Read a finished stage.

        Raises:
            DamagedError: a file is not there, or no longer what was written.
        """
        return self.stage(stage_id).read()

    def stage_ids(self) -> list[str]:
        """Return the ids of all stages that are finished and whose files are there."""
        return sorted(path.name for path in (self.path / "stages").glob("[!.]*") if self.has_stage(path.name))

    def sound_model(self, stage_id: str) -> StoredModel:
        """Return where the weights of a finished stage are, after a look at every byte of them.

        Raises:
            DamagedError: they are not there, or no longer those that were written.
        """
        return self.stage(stage_id).sound_model()

    def check_origin(self, stage_id: str) -> None:
        """Check that a finished stage was made from the weights that are here; those that are gone count for nothing.

        Raises:
            StoreError: the store holds others, to which its metrics do not belong.
        """
        check_lineage(self.read_stage(stage_id), f"stages/{stage_id}", self.stage)

    def checkpoint_path(self, stage_id: str) -> Path:
        """Return where the checkpoint of an unfinished stage is kept."""
        return self.path / "checkpoints" / f"{stage_id}.safetensors"

    def put_aside_checkpoint(self, stage_id: str) -> None:
        """Keep a checkpoint that does not fit under another name until the stage is done, for a look at it."""
        path = self.checkpoint_path(stage_id)
        path.replace(path.with_suffix(UNFIT))

    def write_trial(self, row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Keep a trial: its history first, then its row, which makes it exist."""
        self._writer.write(row, history)

    def read_trials(self, only: Collection[str] | None = None, columns: Iterable[str] | None = None) -> Trials:
        """Read the rows of trials that ran to an end, whatever it was.

        Args:
            only: ids of the trials; None for all.
            columns: of the rows; None for all, further metrics included.

        Raises:
            StoreError: the store holds a trial twice, with different values.
        """
        wanted = None if columns is None else list(dict.fromkeys((TRIAL_ID, *columns)))
        read = self.read_trials_table(only, wanted)
        empty = dict.fromkeys(wanted or TRIALS.names)
        columns = {name: read.rows.column(name).to_pylist() for name in read.rows.column_names}
        rows = {
            trial_id: empty | dict(zip(columns, row, strict=True))
            for trial_id, row in zip(columns[TRIAL_ID], zip(*columns.values(), strict=True), strict=True)
        }
        return Trials(rows=rows, damaged=read.damaged)

    def read_trials_table(self, only: Collection[str] | None = None, columns: Iterable[str] | None = None) -> TableRead:
        """Read the same as a table, with the ids and those of the columns that the files have."""
        wanted = columns if columns is None else dict.fromkeys((TRIAL_ID, *columns))
        read = read_table(self.path / TRIALS_FOLDER, wanted, unsealed=self.unsealed)
        rows = read.rows if only is None else with_ids(read.rows, only)
        return TableRead(rows=without_repeats(rows), damaged=read.damaged)

    def read_history(self, columns: Iterable[str] | None = None, *, compact: bool = False) -> TableRead:
        """Read the history of all trials; `compact` as in `read_table`."""
        return read_table(self.path / HISTORY_FOLDER, columns, unsealed=self.unsealed, compact=compact)

    def read_trial(self, trial_id: str) -> dict[str, Any] | None:
        """Return a trial's row, None where it has never run to an end; columns that an older ncvq lacked are null.

        Raises:
            DamagedError: no part has it, but one is damaged.
        """
        found = self.read_trials({trial_id})
        if trial_id not in found.rows and found.damaged:
            raise DamagedError(next(iter(found.damaged.values())))
        return found.rows.get(trial_id)

    def trial_ids(self) -> list[str]:
        """Return the ids of all trials that ran to an end, whatever it was."""
        return sorted(self.read_trials(columns=()).rows)

    def find_trial(self, prefix: str) -> dict[str, Any]:
        """Return the row of the one trial whose id starts with the digits given.

        Raises:
            StoreError: no trial of the store does, or several do.
        """
        if not prefix:
            raise StoreError("TRIAL is empty: give the id of a trial, or its first digits")
        ids = self.trial_ids()
        found = [trial_id for trial_id in ids if trial_id.startswith(prefix)]
        row = self.read_trial(found[0] if len(found) == 1 else "")
        if row is not None:
            return row
        listed = ", ".join((found or ids)[:IDS_IN_A_MESSAGE]) or "none"
        if len(found) > 1:
            raise StoreError(f"trial {prefix!r} is ambiguous, {len(found)} ids start with it: {listed}")
        raise StoreError(f"no trial {prefix!r} in {self.path}; it holds {len(ids)}: {listed}")

    def write_sweep(self, record: dict[str, Any]) -> str | None:
        """Keep a sweep's factors and cells.

        An earlier sweep of that name with another design is kept too.

        Returns:
            The name that the earlier one has from now on; None where there is none.
        """
        return sweep_files.write_sweep(self.path / "sweeps", record)

    def read_sweep(self, name: str) -> dict[str, Any]:
        """Return a sweep as it was launched last.

        Raises:
            FileNotFoundError: it never was.
            DamagedError: its file is not what was written.
        """
        return sweep_files.read_sweep(self.path / "sweeps", name)

    def sweep_names(self) -> list[str]:
        """Return the names of all sweeps that were launched, sorted."""
        return sweep_files.sweep_names(self.path / "sweeps")

    def write_imported(
        self, sweep: str, rows: list[dict[str, Any]], history: dict[str, list[dict[str, Any]]] | None = None
    ) -> None:
        """Keep runs that another tool made; earlier ones of that sweep stay, but for those that come again.

        Args:
            sweep: its name.
            rows: of the runs.
            history: by trial id, rows that take the place of those that its history has.
        """
        for trial_id, epochs in (history or {}).items():
            self._writer.write_history(trial_id, epochs)
        folder = self.path / IMPORTED_FOLDER
        try:
            write_imported(folder, sweep, rows)
        except DamagedError:
            self.set_aside(imported_path(folder, sweep))
            write_imported(folder, sweep, rows)

    def read_imported(self, sweep: str, only: Collection[str] | None = None) -> pa.Table:
        """Return the imported rows of a sweep that have one of these ids, or all.

        Raises:
            DamagedError: the file is not what was written.
        """
        return read_imported(self.path / IMPORTED_FOLDER, sweep, only)

    def write_running(self, stage_id: str, progress: dict[str, Any]) -> None:
        """Say how far a running stage is."""
        write_json(self.path / "running" / f"{stage_id}.json", progress, Durability.NONE)

    def clear_running(self, stage_id: str) -> None:
        """Forget a running stage."""
        (self.path / "running" / f"{stage_id}.json").unlink(missing_ok=True)

    def read_running(self) -> dict[str, dict[str, Any]]:
        """Return what runs, by stage id."""
        running = {}
        for path in sorted((self.path / "running").glob("[!.]*.json")):
            with contextlib.suppress(OSError, ValueError):  # it has just ended, or is damaged: no result either way
                running[path.stem] = read_json(path)
        return running

    def set_aside(self, path: Path) -> Path:
        """Move what is damaged out of the way, into the folder `damaged`, and return where it is."""
        target = self.path / DAMAGED / path.relative_to(self.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        others = len(list(target.parent.glob(f"{target.name}*")))
        if others:
            target = target.with_name(f"{target.name}.{others}")
        path.replace(target)
        return target

    def clear_remains(self) -> None:
        """Remove what a killed process left: who ran, unfinished files, and checkpoints of stages that are done.

        Only for the one process that runs.
        """
        shutil.rmtree(self.path / "running", ignore_errors=True)
        for path in (self.path / "checkpoints").glob("[!.]*"):
            if self.has_stage(path.stem):
                self._clear_checkpoints(path.stem)
        for path in self.path.rglob(TEMPORARY):
            path.unlink(missing_ok=True)

    def _clear_checkpoints(self, stage_id: str) -> None:
        path = self.checkpoint_path(stage_id)
        path.unlink(missing_ok=True)
        path.with_suffix(UNFIT).unlink(missing_ok=True)

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not is_empty(self.path):
                raise StoreError(f"{self.path}: not empty and no ncvq store; name another folder with --store")
            for folder in (TRIALS_FOLDER, HISTORY_FOLDER):
                (self.path / folder).mkdir(exist_ok=True)
            write_version(self.path)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot make a store here: {error.strerror}") from error
