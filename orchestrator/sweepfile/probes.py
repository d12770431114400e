"""Trials that stand for all that a search can suggest: one for each end of each range and each choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ncvq_core.config.tokenizer import NO_SSL
from ncvq_core.errors import ConfigError
from orchestrator.sweepfile.objectives import check_measured
from orchestrator.sweepfile.space import METHOD, Choice, Composed, Range

if TYPE_CHECKING:
    from orchestrator.sweepfile.search import Search
    from orchestrator.sweepfile.sweep import Cell
    from orchestrator.sweepfile.yaml_lines import Source


def probe(source: Source, search: Search) -> Iterator[Cell]:
    """Yield a trial for each end of each range and each choice.

    The other ranges are at ends that go with it: two parameters that exclude each other may overlap.

    Raises:
        SweepError: an end goes with none, has no effect, or would leave an objective unmeasured.
    """
    for hole in search.holes:
        ends = tuple(hole.options) if isinstance(hole, Choice) else (hole.low, hole.high)
        for end in ends:
            cell = _first_valid(source, search, hole, end)
            check_measured(source, search.objectives, cell.config)
            yield cell


def _first_valid(source: Source, search: Search, hole: Range | Choice, end: Any) -> Cell:
    refused: ConfigError | None = None
    for composed in _composed(search, {**hole.needs, hole.name: end}):
        if hole.name not in composed.picked:
            words = f"has no effect with {METHOD}: {NO_SSL}; name a method in base, or search for one"
            raise source.error(f"{hole.name} {words}", *hole.path)
        try:
            return search.cells(composed)[0]
        except ConfigError as error:
            refused = refused or error
    assert refused is not None
    place = ("base", refused.field) if refused.field in search.base else hole.path
    raise source.error(str(refused), *place) from refused


def _composed(search: Search, forced: Mapping[str, Any]) -> Iterator[Composed]:
    """Yield the settings with all other ranges at their low ends or at their high ones, then with one the other way."""
    ranges = [hole.name for hole in search.holes if isinstance(hole, Range)]
    for other_way in (None, *ranges):
        for high in (False, True):
            yield search.compose(partial(_pick, forced, high, other_way))


def _pick(forced: Mapping[str, Any], high: bool, other_way: str | None, hole: Range | Choice) -> Any:
    if hole.name in forced:
        return forced[hole.name]
    if isinstance(hole, Choice):
        return next(iter(hole.options))
    return hole.high if high != (hole.name == other_way) else hole.low
