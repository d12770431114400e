"""A search as the store has it: what was suggested, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.store import Store
from orchestrator.store.search_results import Result, read_results
from orchestrator.store.searches import read_suggestions


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a search is after."""

    metric: str
    """Its name."""
    direction: str
    """minimize or maximize."""
    stage: str
    """The stage that it measures."""
    column: str
    """Its column in the history."""


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A search, as far as it is."""

    objectives: tuple[Objective, ...]
    """In the order of the sweep file."""
    budget: int
    """Suggestions in all."""
    sampler: str
    """Who suggests."""
    results: tuple[Result, ...]
    """What became of each suggestion, by number."""


def read_search(store: Store, document: Mapping[str, Any]) -> Searched | None:
    """Return the search of a sweep's record; None where the sweep is a grid.

    Raises:
        StoreError: a file of the store cannot be read.
    """
    record = document.get("search")
    if record is None:
        return None
    objectives = tuple(Objective(**each) for each in record["objectives"])
    suggestions, _ = read_suggestions(store.path, record["study"])
    return Searched(
        objectives=objectives,
        budget=record["budget"],
        sampler=record["sampler"],
        results=read_results(store, objectives, suggestions),
    )
