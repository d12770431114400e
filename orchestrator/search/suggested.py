"""A search as far as a store has it: its suggestions, what became of them, and the trials that they are."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.store import Store
from orchestrator.store.courses import read_courses
from orchestrator.store.search_results import Result, State, read_results
from orchestrator.store.searches import Suggestion, read_suggestions
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.sweep import Cell, Sweep

_WITHOUT_VALUE = (State.FAILED, State.DIVERGED, State.UNMEASURED)


@dataclass(frozen=True, kw_only=True)
class SearchState:
    """How far a search is. The names of the fields are the keys of its JSON."""

    study: str
    """Its id, the folder below `searches` in the store."""
    budget: int
    """Suggestions in all."""
    suggested: int
    """So many were drawn, without those whose settings do not fit together."""
    done: int
    """Those with a value of each objective."""
    open: int
    """Those that run, or wait."""
    pruned: int
    """Those that were ended early."""
    without_value: int
    """Those that failed, diverged, or have an objective that is undefined for these data."""


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A search in a store."""

    sweep: Sweep
    """With the trials of the suggestions as its cells, each once."""
    results: tuple[Result, ...]
    """Of the suggestions, by number."""
    damaged: tuple[str, ...]
    """Suggestions that can no longer be read, a line each."""

    @property
    def pruned(self) -> frozenset[str]:
        """Ids of the trials of suggestions that were ended early."""
        pruned = (result.suggestion for result in self.results if result.state == State.PRUNED)
        return frozenset(trial_id for suggestion in pruned for trial_id in suggestion.trial_ids)


def suggested(sweep: Sweep, search: Search, store: Store | None) -> Suggested:
    """Look at a search in a store; None is one that is not there yet."""
    if store is None:
        return Suggested(sweep=dataclasses.replace(sweep, cells=()), results=(), damaged=())
    suggestions, damaged = read_suggestions(store.path, search.study_id)
    cells: dict[str, Cell] = {}
    for suggestion in suggestions:
        for cell in search.cells_of(suggestion.drawn, suggestion.number) if suggestion.trial_ids else ():
            cells.setdefault(cell.config.trial_id, cell)
    return Suggested(
        sweep=dataclasses.replace(sweep, cells=tuple(cells.values())),
        results=results_of(search, suggestions, store),
        damaged=damaged,
    )


def results_of(search: Search, suggestions: Sequence[Suggestion], store: Store) -> tuple[Result, ...]:
    """Return what became of suggestions, in their order."""
    courses = read_courses(store.path, search.study_id) if search.pruner else {}
    return read_results(store, search.objectives, suggestions, courses)


def search_state(search: Search, results: tuple[Result, ...]) -> SearchState:
    """Count what became of suggestions."""
    counts = Counter(result.state for result in results)
    return SearchState(
        study=search.study_id,
        budget=search.budget,
        suggested=len(results) - counts[State.INVALID],
        done=counts[State.DONE],
        open=counts[State.OPEN],
        pruned=counts[State.PRUNED],
        without_value=sum(counts[state] for state in _WITHOUT_VALUE),
    )
