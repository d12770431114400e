"""Reads one sweep from the store: its design, the rows of its trials, their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ncvq_core.metrics import recall
from orchestrator.store import Store, StoreError, TableRead
from orchestrator.store.datasets import Properties
from orchestrator.store.lock import running_owner
from orchestrator.store.memory import memory_of_the_c_library
from orchestrator.store.races import Race
from orchestrator.store.status import Status
from reports.cells import with_progress, with_trials
from reports.errors import ReportError
from reports.examples import Examples
from reports.history import HISTORY_COLUMNS, compact_history
from reports.judges import without_mixed_judgements
from reports.kept_beside import judge_seconds, properties_of
from reports.labels import column_of_labels, label_of, labels_of
from reports.racing.of_record import is_grown_by_hand, race_of, times_grown
from reports.search import Searched, read_search
from reports.statistics.specification import Options
from reports.strings import plain_strings
from reports.sweep_record import of_first_seeds, read_record


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A sweep as it was launched. All levels are labels, that is text."""

    name: str
    """Its name in the store."""
    description: str
    """What the sweep is for, in the words of its author."""
    launched_at: str
    """ISO time of the launch."""
    factors: dict[str, list[str]]
    """The levels of each factor, in the order in which they are shown."""
    baseline: dict[str, str]
    """The level of some factors that the others are compared with."""
    answers: tuple[str, ...] = ()
    """The metrics that are answered for in words; empty: the usual ones."""
    margins: dict[str, float] = field(default_factory=dict)
    """By metric, the difference that is of no importance, where it is not the usual one."""
    belief: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """For a factor, two of its levels, each with the datasets that it is thought to suit better than the other."""
    profile: str = ""
    """The profile that it is of the sweep; empty for the sweep as it is."""
    missing: tuple[str, ...] = ()
    """Datasets that are left out because they were not at hand."""
    source: str = ""
    """Where its trials were imported from; empty where ncvq ran them."""
    seeds_launched: int = 0
    """How many seeds it has, where only the first are looked at; else 0."""

    @property
    def group_factors(self) -> list[str]:
        """The factors that make a group of cells: all but the seed."""
        return [factor for factor in self.factors if factor != "seed"]

    @property
    def varying(self) -> list[str]:
        """The group factors that have more than one level."""
        return [factor for factor in self.group_factors if len(self.factors[factor]) > 1]


@dataclass(frozen=True, kw_only=True)
class Results:
    """What the store knows of a sweep."""

    sweep: Sweep
    cells: pd.DataFrame
    """One row a cell: trial_id, a column of labels for each factor (missing where meaningless), status, error, progress
    (of a running cell), recorded (has a row in the trials table), and the other columns of the trials table."""
    history: pd.DataFrame
    """One row a done trial of the sweep, stage and epoch: what compact_history makes."""
    judge_seconds: dict[str, float] = field(default_factory=dict)
    """How long the training of each network took that judged samples; of those that were trained in this store."""
    properties: dict[str, Properties] = field(default_factory=dict)
    """What kind of data each dataset is, where a launch measured it: by the checksum of its data, else by its name."""
    options: Options = field(default_factory=Options)
    """What the reader chose: what may be compared with what, and how many seeds are looked at."""
    beside: Beside | None = None
    """Another sweep whose values are put beside; None where the reader chose none."""
    grown: int = 0
    """How many earlier designs of the sweep had a part of its cells."""
    race: Race | None = None
    """What the looks decided, where seeds went to what was open; None where all settings have the same seeds."""
    race_left: bool = False
    """Whether it was raced, and launched without a race since."""
    examples: Examples = field(default_factory=Examples, repr=False, compare=False)
    """What is kept of its stages for figures."""
    search: Searched | None = None
    """What was suggested, where the sweep is a search; None for a grid."""
    remembered: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out of it once: the room of `reports.remembered`."""

    @cached_property
    def done(self) -> pd.DataFrame:
        """The cells with a result: only these enter a mean, and no judgement of samples where networks differ."""
        return without_mixed_judgements(self.cells[self.cells["status"] == Status.DONE])


@dataclass(frozen=True, kw_only=True)
class Beside:
    """An imported sweep of the same store, whose values are put beside: no number of ours is made of them."""

    results: Results
    """What the store knows of it."""
    settings: pd.DataFrame
    """One row a trial of ours: trial_id, and the label of each factor of the other sweep; missing where the trial has
    no such setting. Levels of ours may be called otherwise in its sweep file."""


@plain_strings
@memory_of_the_c_library()
def read_results(store: Path, name: str, options: Options | None = None, beside: str | None = None) -> Results:
    """Read a sweep and whatever is there of its trials.

    Args:
        store: the local folder of the store.
        name: of the sweep.
        options: what may be compared with what, and how many seeds are looked at.
        beside: the name of an imported sweep whose values are put beside.

    Raises:
        ReportError: the store or a sweep does not exist, it has fewer seeds, or a file of it is no longer what was
            written.
    """
    try:
        return _read(Store(store), name, options or Options(), beside)
    except (StoreError, OSError, pa.ArrowException) as error:
        raise ReportError(str(error).splitlines()[0]) from error


def _read(store: Store, name: str, options: Options, beside: str | None = None) -> Results:
    document = read_record(store, name)
    recall(document.get("further_metrics", ()))
    try:
        sweep, cells = _parse_sweep(of_first_seeds(document, options.seeds) if options.seeds else document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ReportError(f"sweeps/{name} is not the record of a sweep ({error!r}): launch it again") from error
    trials = _read_trials(store, document, name, list(cells["trial_id"])).to_pandas()
    cells = with_trials(cells, trials, list(sweep.factors))
    cells = with_progress(cells, store.read_running() if running_owner(store.path) else {})
    history = _whole(store.read_history(HISTORY_COLUMNS, compact=True), name)
    judges = set(cells["fcn"].dropna()) if "fcn" in cells else set()
    return Results(
        sweep=sweep,
        cells=cells,
        history=compact_history(history, set(cells.loc[cells["status"] == Status.DONE, "trial_id"])),
        judge_seconds=judge_seconds(store, judges),
        properties=properties_of(store, cells),
        options=options,
        beside=_read_beside(store, beside, trials) if beside else None,
        grown=times_grown(store, document),
        race=race_of(store.path, document, options.seeds),
        race_left=is_grown_by_hand(store.path, document),
        examples=Examples(store),
        search=read_search(store, document),
    )


def _read_beside(store: Store, name: str, trials: pd.DataFrame) -> Beside:
    """Read the sweep that is put beside.

    Raises:
        ReportError: the store has it not, or it was launched here, not imported.
    """
    known = [each for each in store.sweep_names() if store.read_sweep(each).get("imported")]
    if name not in known:
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise ReportError(
            f"--beside {name}: the store {store.path} has no imported sweep of that name ({has}); bring one in with "
            f"`ncvq import csv FILE --mapping FILE --name {name} --store {store.path}`"
        )
    results = _read(store, name, Options())
    named = {factor: column_of_labels(trials[factor]) for factor in results.sweep.group_factors if factor in trials}
    settings = pd.DataFrame({"trial_id": trials["trial_id"], **named})
    return Beside(results=results, settings=settings.reindex(columns=["trial_id", *results.sweep.group_factors]))


def _read_trials(store: Store, document: Mapping[str, Any], name: str, trial_ids: list[str]) -> pa.Table:
    """The rows of the trials that ncvq ran, or of those that were imported; never both."""
    if imported := document.get("imported"):
        return store.read_imported(imported["sweep"], trial_ids)
    return _whole(store.read_trials_table(trial_ids), name)


def _whole(read: TableRead, name: str) -> pa.Table:
    """Return the rows of a table of which every part is whole.

    Raises:
        ReportError: one is damaged; a report of the others would be another report.
    """
    if read.damaged:
        raise ReportError(f"{next(iter(read.damaged.values()))}; `ncvq resume {name}` makes it again")
    return read.rows


def _parse_sweep(document: Mapping[str, Any]) -> tuple[Sweep, pd.DataFrame]:
    sweep = Sweep(
        name=document["name"],
        description=document.get("description") or "",
        launched_at=document.get("launched_at") or "",
        factors={factor: labels_of(levels) for factor, levels in document["factors"].items()},
        baseline={factor: str(label_of(level)) for factor, level in (document.get("baseline") or {}).items()},
        answers=tuple(document.get("answers") or ()),
        margins=dict(document.get("margins") or {}),
        belief={factor: _sides(sides) for factor, sides in (document.get("belief") or {}).items()},
        profile=document.get("profile") or "",
        missing=tuple(document.get("missing") or ()),
        source=(document.get("imported") or {}).get("source", ""),
        seeds_launched=document.get("seeds_launched", 0),
    )
    rows = [
        {"trial_id": cell["trial_id"], **{factor: label_of(cell["levels"].get(factor)) for factor in sweep.factors}}
        for cell in document["cells"]
    ]
    cells = pd.DataFrame(rows, columns=["trial_id", *sweep.factors], dtype="str")
    return sweep, cells.drop_duplicates("trial_id", ignore_index=True)


def _sides(sides: Iterable[Any]) -> dict[str, list[str]]:
    return {str(label_of(level)): [str(label_of(dataset)) for dataset in datasets] for level, datasets in sides}
