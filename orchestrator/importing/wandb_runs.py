"""Imports the runs of projects of Weights & Biases: what the store has of them is not fetched again."""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from orchestrator.importing.epochs import by_epoch
from orchestrator.importing.keep import opened, sweep_name, sweep_record
from orchestrator.importing.mapping import Mapping, digest_of
from orchestrator.importing.rows import Imported, imported_id, map_row, summed_up
from orchestrator.importing.table import ImportingError, Row
from orchestrator.importing.wandb_api import FINISHED, ListedRun, WandbApi
from orchestrator.store import Store
from orchestrator.store.errors import DamagedError
from orchestrator.store.parts import TRIAL_ID

RUN_ID = "id"
"""The column by which runs are told apart, of this service."""
NOTHING_LOGGED = " nothing"
"""Behind the version of a history that has no epoch."""
READING, HISTORIES = "runs", "histories"
Told = Callable[[str, int, int], None]
"""Is told what is read, how much of it is, and how much it is."""


@dataclass(frozen=True, kw_only=True)
class WandbImport:
    """What became of the runs of some projects."""

    sweep: str
    """The name of the sweep."""
    imported: Imported
    """Its runs: those that were read now, and those that the store had."""
    read: int
    """How many were read now."""
    not_finished: dict[str, int]
    """Runs that are not done, by their state: they are none of the sweep."""
    without_dataset: list[str]
    """Paths of runs that name no dataset: they are none of the sweep."""


def import_wandb(
    projects: Sequence[str], mapping: Mapping, store: Path, name: str | None = None, told: Told = lambda *_: None
) -> WandbImport:
    """Read the finished runs of projects by a mapping and keep each as it arrives.

    Args:
        projects: ENTITY/PROJECT of each; together they are one sweep.
        mapping: what their columns mean.
        store: the folder of the store; it is made where there is none.
        name: of the sweep; None for that of the mapping.
        told: hears of the progress.

    Raises:
        SweepError: the mapping does not fit the runs.
        ImportingError: a project or its service cannot be read, a run has a wrong value, or a sweep of that name came
            from elsewhere.
        StoreError: the store cannot be written, or another process runs in it.
    """
    sweep = sweep_name(mapping, name)
    _check(projects, mapping)
    api = WandbApi()
    listed = [run for project in projects for run in api.listed(project)]
    finished = [run for run in listed if run.state == FINISHED]
    not_finished = dict(Counter(run.state for run in listed if run.state != FINISHED))
    if not finished:
        raise ImportingError(f"{', '.join(projects)}: no finished run{_states(not_finished)}")
    with opened(store, sweep, ", ".join(projects)) as held:
        work = _Import(api=api, store=held, sweep=sweep, mapping=mapping, told=told)
        read = work.rows(finished)
        rows = [work.kept[trial_id] for trial_id in map(_trial_id, finished) if trial_id in work.kept]
        imported = summed_up(rows, mapping, dict(work.left_out))
        held.write_sweep(sweep_record(sweep, ", ".join(projects), mapping, imported))
        work.histories([run for run in finished if _trial_id(run) in work.kept])
    return WandbImport(
        sweep=sweep, imported=imported, read=read, not_finished=not_finished, without_dataset=work.without_dataset
    )


def _check(projects: Sequence[str], mapping: Mapping) -> None:
    for project in projects:
        if len([part for part in project.split("/") if part]) != 2 or project.count("/") != 1:
            raise ImportingError(f"{project!r} is no project of Weights & Biases: give ENTITY/PROJECT")
        if projects.count(project) > 1:
            raise ImportingError(f"{project} is named twice")
    if mapping.run != RUN_ID:
        raise mapping.source.error(f"run = {mapping.run!r}: must be {RUN_ID}, the id of the service", "run")


def _states(counts: dict[str, int]) -> str:
    listed = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f" (of others: {listed})" if listed else ""


def _trial_id(run: ListedRun) -> str:
    return imported_id(run.project, run.id)


class _Import:
    """One import into an open store.

    Attributes:
        kept: the rows that are as the runs are now, by trial id.
        left_out: runs of no kind that the mapping names, by kind.
        without_dataset: paths of runs without one.
    """

    def __init__(self, *, api: WandbApi, store: Store, sweep: str, mapping: Mapping, told: Told) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.left_out: Counter[str] = Counter()
        self.without_dataset: list[str] = []
        self._api, self._store, self._sweep, self._mapping, self._told = api, store, sweep, mapping, told
        self._dataset = next(factor.column for factor in mapping.factors if factor.name == "dataset")

    def rows(self, runs: Sequence[ListedRun]) -> int:
        """Keep a row of each run, as it arrives where the store lacks it or has it otherwise.

        Returns:
            How many arrived.

        Raises:
            SweepError: a column or kind of the mapping is not to be found; of runs that need it none is kept.
        """
        before = self._before()
        versions = {_trial_id(run): self._version(run) for run in runs}
        self.kept = {
            trial_id: before[trial_id]
            for trial_id, version in versions.items()
            if trial_id in before and before[trial_id]["run_version"] == version
        }
        new = [run for run in runs if _trial_id(run) not in self.kept]
        kinds: set[str | None] = {row["run_kind"] for row in self.kept.values()}
        columns = dict.fromkeys(self._mapping.columns(kinds) if self.kept else ())
        waiting: list[tuple[ListedRun, Row]] = []
        read = 0
        for done, (run, row) in enumerate(self._each(new), start=1):
            self._told(READING, done, len(new))
            kind = self._mapping.kind_of(row.values)
            columns |= dict.fromkeys(row.values)
            kinds.add(kind)
            if self._is_wanted(row, kind):
                waiting.append((run, row))
            problem = self._mapping.problem(columns, kinds)
            if problem is None:
                read += self._keep(waiting)
                waiting = []
        if waiting or not self.kept:
            raise self._mapping.problem(columns, kinds) or ImportingError(
                f"{self._sweep}: none of {len(runs)} finished runs has a dataset and a kind that the mapping names"
            )
        return read

    def histories(self, runs: Sequence[ListedRun]) -> None:
        """Keep the history of each run of which the store lacks that of now."""
        if not self._mapping.history:
            return
        known = set(pc.unique(self._store.read_history((TRIAL_ID,)).rows.column(TRIAL_ID)).to_pylist())
        lacking = [run for run in runs if not self._has_history(self.kept[_trial_id(run)], known)]
        for done, run in enumerate(lacking, start=1):
            row = self.kept[_trial_id(run)]
            history = by_epoch(self._api.history(run), self._mapping.history, row[TRIAL_ID], run.path)
            row |= {"history_version": row["run_version"] + ("" if history else NOTHING_LOGGED)}
            self._store.write_imported(self._sweep, [row], {row[TRIAL_ID]: history})
            self._told(HISTORIES, done, len(lacking))

    def _each(self, runs: Sequence[ListedRun]) -> Iterator[tuple[ListedRun, Row]]:
        for project in dict.fromkeys(run.project for run in runs):
            yield from self._api.rows([run for run in runs if run.project == project])

    def _is_wanted(self, row: Row, kind: str | None) -> bool:
        if kind not in self._mapping.metrics:
            self.left_out[str(kind)] += 1
        elif self._dataset and row.values.get(self._dataset) in (None, ""):
            self.without_dataset.append(row.place)
        else:
            return True
        return False

    def _keep(self, found: Sequence[tuple[ListedRun, Row]]) -> int:
        for run, row in found:
            made = map_row(row, self._mapping) | {"run_version": self._version(run)}
            self._store.write_imported(self._sweep, [made])
            self.kept[made[TRIAL_ID]] = made
        return len(found)

    def _before(self) -> dict[str, dict[str, Any]]:
        """Return what the store has of the sweep: nothing where its file is damaged, which the first row replaces."""
        with contextlib.suppress(DamagedError):
            return {row[TRIAL_ID]: row for row in self._store.read_imported(self._sweep).to_pylist()}
        return {}

    @staticmethod
    def _has_history(row: dict[str, Any], known: Collection[str]) -> bool:
        """Say whether the history of a run is that of now: it is there, or it is known that nothing was logged."""
        version, now = row.get("history_version"), row["run_version"]
        return version == now + NOTHING_LOGGED or (version == now and row[TRIAL_ID] in known)

    def _version(self, run: ListedRun) -> str:
        return digest_of([self._mapping.digest, *run.changed])
