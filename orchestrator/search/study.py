"""Optuna's study of a search: rebuilt from what the store holds whenever it is asked for a suggestion."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from ncvq_core.errors import ConfigError
from orchestrator.search.samplers import draws_everything, make_sampler
from orchestrator.store.search_results import Result, State
from orchestrator.store.searches import Suggestion, numbers_in_all
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.space import Choice, Range
from orchestrator.sweepfile.sweep import Cell

DIGITS = 4
"""Significant digits of a number that is suggested: more would tell apart what no training does."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A new suggestion and its trials."""

    suggestion: Suggestion
    """As the store is to keep it."""
    cells: tuple[Cell, ...]
    """One a seed; none where what was drawn does not fit together."""


def draw(search: Search, results: Sequence[Result], number: int) -> Drawn:
    """Draw a suggestion: the same one from the same search, number and results.

    What makes no valid trial, as two parameters of an augmentation may that exclude each other, has no trials.

    Args:
        search: what is looked for.
        results: what became of all other suggestions.
        number: of the new one.
    """
    storage = InMemoryStorage()
    study = build_study(search, results, storage)
    study.sampler = make_sampler(search.sampler, search.seed, number)
    trial = study.ask()
    drawn: dict[str, Any] = {}

    def suggest(hole: Range | Choice) -> Any:
        drawn[hole.name] = _suggested(trial, hole)
        return drawn[hole.name]

    if draws_everything(search.sampler):
        for hole in search.holes:
            suggest(hole)
    else:
        search.compose(suggest)
    try:
        cells = search.cells_of(drawn, number)
    except ConfigError:
        cells = ()
    kept = study.get_trials(deepcopy=False)[-1]
    suggestion = Suggestion(
        number=number,
        drawn=drawn,
        trial_ids=tuple(cell.config.trial_id for cell in cells),
        drawn_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sampler_state=dict(kept.system_attrs),
        study_state=dict(storage.get_study_system_attrs(_study_number(storage, search))),
    )
    return Drawn(suggestion=suggestion, cells=cells)


def build_study(search: Search, results: Sequence[Result], storage: BaseStorage) -> optuna.Study:
    """Return the study of a search in an empty storage: suggestions that still run are running trials of it."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    directions = [objective.direction for objective in search.objectives]
    study = optuna.create_study(storage=storage, study_name=search.study_id, directions=directions)
    known = {hole.name: _distribution(hole) for hole in search.holes}
    for result in results:
        study.add_trial(_frozen(result, known, several=len(directions) > 1))
    if results:
        newest = max(results, key=lambda result: result.suggestion.number)
        for key, value in newest.suggestion.study_state.items():
            storage.set_study_system_attr(_study_number(storage, search), key, value)
    return study


def _frozen(result: Result, known: dict[str, BaseDistribution], *, several: bool) -> FrozenTrial:
    """Return a suggestion as Optuna has it.

    One that was pruned is a pruned trial: samplers take it as worse than all with a value, and the better the further
    it came. Its values along the way are those of the first seed, as those of others are of other validation parts. One
    that diverged is a pruned trial without any, which is worse still; with several objectives, where there is no such
    thing, it failed.
    """
    suggestion = result.suggestion
    state = {
        State.OPEN: TrialState.RUNNING,
        State.DONE: TrialState.COMPLETE,
        State.FAILED: TrialState.FAIL,
        State.DIVERGED: TrialState.FAIL if several else TrialState.PRUNED,
        State.PRUNED: TrialState.PRUNED,
        State.UNMEASURED: TrialState.FAIL,
        State.INVALID: TrialState.FAIL,
    }[result.state]
    trial = create_trial(
        state=state,
        values=result.values or None,
        params=suggestion.drawn,
        distributions={name: known[name] for name in suggestion.drawn},
        user_attrs={"trial_ids": list(suggestion.trial_ids), "number": suggestion.number},
        system_attrs=suggestion.sampler_state,
        intermediate_values=dict(result.along),
    )
    trial.datetime_start = datetime.fromisoformat(suggestion.drawn_at).replace(tzinfo=None)
    if state.is_finished():
        trial.datetime_complete = trial.datetime_start + timedelta(seconds=result.seconds)
    return trial


def _distribution(hole: Range | Choice) -> BaseDistribution:
    if isinstance(hole, Choice):
        return CategoricalDistribution(list(hole.options))
    if hole.integer:
        return IntDistribution(int(hole.low), int(hole.high), log=hole.log)
    return FloatDistribution(hole.low, hole.high, log=hole.log)


def _suggested(trial: optuna.Trial, hole: Range | Choice) -> Any:
    if isinstance(hole, Choice):
        return trial.suggest_categorical(hole.name, list(hole.options))
    if hole.integer:
        return trial.suggest_int(hole.name, int(hole.low), int(hole.high), log=hole.log)
    return _rounded(trial.suggest_float(hole.name, hole.low, hole.high, log=hole.log), hole)


def _rounded(value: float, hole: Range) -> float:
    """Return a number with few digits, inside its range."""
    digits = DIGITS - 1 - math.floor(math.log10(abs(value))) if value else 0
    return min(hole.high, max(hole.low, round(value, digits)))


def _study_number(storage: BaseStorage, search: Search) -> int:
    return storage.get_study_id_from_name(search.study_id)


def numbers_to_draw(results: Sequence[Result], budget: int) -> Iterator[int]:
    """Yield the numbers that are still to draw: those that got lost first."""
    taken = {result.suggestion.number: result.suggestion for result in results}
    yield from (number for number in range(numbers_in_all(taken.values(), budget)) if number not in taken)
