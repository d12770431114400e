"""What became of suggestions: read from the tables of a store, and never from what a sampler remembers."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.store.courses import Course, ended_early
from orchestrator.store.searches import Suggestion
from orchestrator.store.status import Status
from orchestrator.store.store import Store

EPOCH = "epoch"


class State(StrEnum):
    """How far a suggestion is."""

    OPEN = "open"
    """Some of its trials have no result yet."""
    DONE = "done"
    """It has a value of each objective."""
    FAILED = "failed"
    """A trial of it failed; `ncvq resume` runs that again."""
    DIVERGED = "diverged"
    """A trial of it diverged, so it is worse than any with a value."""
    PRUNED = "pruned"
    """A trial of it was ended early, so it has no value; `ncvq resume --unprune` goes on with it."""
    INVALID = "invalid"
    """Its settings do not fit together, so it has no trial."""
    UNMEASURED = "unmeasured"
    """An objective has no value for these data, such as a probe where there is one class."""


class Measured(Protocol):
    """Where the values of an objective stand; hashable."""

    @property
    def stage(self) -> str:
        """Name of the stage that it measures."""

    @property
    def direction(self) -> str:
        """Which one is better: minimize or maximize."""

    @property
    def column(self) -> str:
        """Its column in the history, of which the last epoch counts."""


Of = TypeVar("Of", bound=Measured)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a suggestion."""

    suggestion: Suggestion
    """Which one."""
    state: State
    """How far it is."""
    values: tuple[float, ...] = ()
    """Of the objectives, each the mean over the seeds; empty unless it is done."""
    along: Mapping[int, float] = field(default_factory=dict)
    """The objective along the way, by epoch, of the trial with the first seed; empty where nobody prunes."""
    seconds: float = 0.0
    """That its trials took."""


def read_results(
    store: Store,
    objectives: Collection[Measured],
    suggestions: Collection[Suggestion],
    courses: Mapping[str, Course] | None = None,
) -> tuple[Result, ...]:
    """Return what became of suggestions, in their order.

    Args:
        store: with their trials.
        objectives: of the search.
        suggestions: which ones.
        courses: how their trials went along the way, where there is a pruner.
    """
    courses = courses or {}
    ids = {trial_id for each in suggestions for trial_id in each.trial_ids}
    columns = ("status", "stage1_seconds", "stage2_seconds", "samples_seconds")
    rows = store.read_trials(ids, columns).rows
    measured = _last_values(store, objectives, ids)
    values = [measured[objective] for objective in objectives]
    return tuple(_result(each, rows, values, courses) for each in suggestions)


def _result(
    suggestion: Suggestion,
    rows: Mapping[str, Mapping[str, Any]],
    measured: Iterable[Mapping[str, float]],
    courses: Mapping[str, Course],
) -> Result:
    found = [rows[trial_id] for trial_id in suggestion.trial_ids if trial_id in rows]
    seconds = sum(value or 0.0 for row in found for name, value in row.items() if name.endswith("_seconds"))
    if not suggestion.trial_ids:
        return Result(suggestion=suggestion, state=State.INVALID)
    statuses = {row["status"] for row in found}
    first = courses.get(suggestion.trial_ids[0])
    along = first.values if first else {}
    done = len(found) == len(suggestion.trial_ids) and statuses == {Status.DONE}
    values = [[of.get(trial_id, math.nan) for trial_id in suggestion.trial_ids] for of in measured]
    if ended_early([suggestion], courses) and not done:
        return Result(suggestion=suggestion, state=State.PRUNED, along=along, seconds=seconds)
    if Status.FAILED in statuses:
        state = State.FAILED
    elif Status.DIVERGED in statuses:
        state = State.DIVERGED
    elif not done:
        state = State.OPEN
    elif not all(math.isfinite(value) for each in values for value in each):
        state = State.UNMEASURED
    else:
        means = tuple(fmean(each) for each in values)
        return Result(suggestion=suggestion, state=State.DONE, values=means, along=along, seconds=seconds)
    return Result(suggestion=suggestion, state=state, seconds=seconds)


def _last_values(store: Store, objectives: Collection[Of], ids: Collection[str]) -> dict[Of, dict[str, float]]:
    """Return the value of each objective at the last epoch that has one, by trial."""
    found: dict[Of, dict[str, float]] = defaultdict(dict)
    for objective, trials in values_by_epoch(store, objectives, ids).items():
        found[objective] = {trial_id: values[max(values)] for trial_id, values in trials.items()}
    return found


def values_by_epoch(
    store: Store, objectives: Collection[Of], ids: Collection[str]
) -> dict[Of, dict[str, dict[int, float]]]:
    """Return each objective by trial and epoch, of the trials that have a history and the epochs that measure it."""
    columns = dict.fromkeys(("trial_id", "stage", EPOCH, *(objective.column for objective in objectives)))
    history = store.read_history(columns).rows
    history = history.filter(pc.is_in(history.column("trial_id"), pa.array(list(ids), pa.string())))
    found: dict[Of, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in history.to_pylist():
        for objective in objectives:
            if row["stage"] == objective.stage and row.get(objective.column) is not None:
                found[objective][row["trial_id"]][row[EPOCH]] = row[objective.column]
    return found


def front(objectives: Collection[Measured], results: Collection[Result]) -> tuple[Result, ...]:
    """Return the results that none is better than in one objective and as good in all others, by number.

    Of equal suggestions the first; with one objective there is one result, or as many as share its value.
    """
    done = {result.suggestion.trial_ids: result for result in reversed(list(results)) if result.state == State.DONE}
    first = list(done.values())
    flags = undominated([each.direction for each in objectives], [result.values for result in first])
    best = [result for result, leading in zip(first, flags, strict=True) if leading]
    return tuple(sorted(best, key=lambda result: result.suggestion.number))


def undominated(directions: Sequence[str], values: Sequence[tuple[float, ...]]) -> list[bool]:
    """Say of each point whether no other is as good in all respects and better in one.

    Args:
        directions: minimize or maximize, of each respect.
        values: a point each.
    """
    signs = [1 if direction == "minimize" else -1 for direction in directions]
    points = [tuple(sign * value for sign, value in zip(signs, point, strict=True)) for point in values]
    return [not any(_dominates(other, point) for other in points) for point in points]


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other
