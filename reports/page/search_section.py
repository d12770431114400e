"""What the page of a search has in place of levels and comparisons: what is varied, and each suggestion."""

from __future__ import annotations

from typing import Any

from orchestrator.store.search_results import Result, State, front
from reports.coverage import NO_LEVEL
from reports.read_store import Results
from reports.search import Searched, short_names


def search_section(results: Results) -> dict[str, Any] | None:
    """Return the section for the template; None of a grid."""
    search = results.search
    if search is None:
        return None
    short = short_names(list(search.parameters))
    leading = {result.suggestion.number for result in front(search.objectives, search.results)}
    return {
        "how": _how(search),
        "varied": [(short[name], words) for name, words in search.parameters.items()],
        "objectives": [(objective.metric, objective.direction) for objective in search.objectives],
        "parameters": [short[name] for name in search.parameters],
        "rows": [_row(search, result, result.suggestion.number in leading) for result in search.results],
    }


def _how(search: Searched) -> str:
    after = f", and {search.pruner} ends what falls behind" if search.pruner else ""
    return f"{search.budget} suggestions by {search.sampler}{after}."


def _row(search: Searched, result: Result, leads: bool) -> dict[str, Any]:
    values = result.values or [None] * len(search.objectives)
    drawn = result.suggestion.drawn
    return {
        "number": result.suggestion.number,
        "state": f"pruned at epoch {max(result.along)}" if result.state == State.PRUNED else str(result.state),
        "leads": leads,
        "values": [(NO_LEVEL, "") if value is None else (f"{value:.4g}", repr(value)) for value in values],
        "drawn": [_text(drawn.get(name)) for name in search.parameters],
    }


def _text(value: Any) -> str:
    if value is None:
        return NO_LEVEL
    return f"{value:.4g}" if isinstance(value, float) else str(value)
