"""A search as far as a store has it: its suggestions, what became of them, and the trials that they are."""

import dataclasses
from collections import Counter
from dataclasses import dataclass

from orchestrator.store import Store
from orchestrator.store.search_results import Result, State, read_results
from orchestrator.store.searches import read_suggestions
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.sweep import Cell, Sweep


@dataclass(frozen=True, kw_only=True)
class SearchState:
    """How far a search is. The names of the fields are the keys of its JSON."""

    study: str
    """Its id, the folder below `searches` in the store."""
    budget: int
    """Suggestions in all."""
    suggested: int
    """So many were drawn."""
    done: int
    """Those with a value of each objective."""
    open: int
    """Those that run, or wait."""
    without_value: int
    """Those that failed, diverged, do not fit together, or have an objective that is undefined for these data."""


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A search in a store."""

    sweep: Sweep
    """With the trials of the suggestions as its cells, each once."""
    results: tuple[Result, ...]
    """Of the suggestions, by number."""
    damaged: tuple[str, ...]
    """Suggestions that can no longer be read, a line each."""


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
        results=read_results(store, search.objectives, suggestions),
        damaged=damaged,
    )


def search_state(search: Search, results: tuple[Result, ...]) -> SearchState:
    """Count what became of suggestions."""
    counts = Counter(result.state for result in results)
    return SearchState(
        study=search.study_id,
        budget=search.budget,
        suggested=len(results),
        done=counts[State.DONE],
        open=counts[State.OPEN],
        without_value=len(results) - counts[State.DONE] - counts[State.OPEN],
    )
