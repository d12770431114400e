"""A search as the store has it: what was suggested, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.store import Store
from orchestrator.store.courses import read_courses
from orchestrator.store.search_results import Result, front, read_results
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
    pruner: str | None
    """Who ends trials early; None: nobody."""
    parameters: Mapping[str, str]
    """What is varied, by name, and in words between which values."""
    ranges: frozenset[str]
    """Those of them that are numbers from a range; the others are choices."""
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
        pruner=record["pruner"],
        parameters={name: _values_words(values) for name, *values in record["parameters"]},
        ranges=frozenset(name for name, *values in record["parameters"] if _is_range(values)),
        results=read_results(store, objectives, suggestions, read_courses(store.path, record["study"])),
    )


def best_words(search: Searched) -> str:
    """Which suggestions are the best, in a sentence or two."""
    best = front(search.objectives, search.results)
    if not best:
        return "No suggestion of the search has a value of each objective yet."
    named = [f"{result.suggestion.number} ({_values(search, result)})" for result in best]
    one = len(named) == 1
    which = "The best suggestion is" if one else "The best suggestions, of which none is better in all, are"
    looks = "it looks better than it is" if one else "they look better than they are"
    return (
        f"{which} {', '.join(named)}, on the validation part of TRAIN. Chosen by these values, {looks}: "
        "ncvq confirm measures by how much, with other seeds."
    )


def _values(search: Searched, result: Result) -> str:
    pairs = zip(search.objectives, result.values, strict=True)
    return ", ".join(f"{objective.metric} {value:.4g}" for objective, value in pairs)


def _is_range(values: Sequence[Any]) -> bool:
    """Whether these are the ends of a range, with its scale and whether it is whole; else they are choices, as text."""
    return isinstance(values[-1], bool)


def _values_words(values: Sequence[Any]) -> str:
    if not _is_range(values):
        return ", ".join(values)
    low, high, log, whole = values
    return f"{low:g} to {high:g}{', whole numbers' if whole else ''}{', on a logarithmic scale' if log else ''}"


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return parameters by the last two parts of their names, where these tell them apart."""
    short = {name: ".".join(name.split(".")[-2:]) for name in names}
    return {name: end if list(short.values()).count(end) == 1 else name for name, end in short.items()}
