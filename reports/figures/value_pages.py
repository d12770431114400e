"""How figures of settings are laid out: panels on few pages, or heat maps over datasets where that would be many."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.figures.facets import MOST_PAGES, Facets, Key, pages_of
from reports.figures.grid import legend_room, width_of
from reports.figures.heat import column_names, maps_of
from reports.figures.points import places_of, room_below
from reports.levels import DATASET
from reports.read_store import Sweep


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a figure."""

    suffix: str
    """Behind the name of its files: empty for the only page."""
    words: str
    """Behind its heading: which page of how many."""
    facets: Facets
    """What it shows."""
    appendix: bool = False
    """Whether another page of the figure tells the same in less room."""


def layouts(keys: Sequence[Key], facets: Facets, sweep: Sweep, series: int) -> list[Page]:
    """Lay out a figure of settings.

    Args:
        keys: its panels.
        facets: what each of them shows.
        sweep: the levels on the horizontal axis.
        series: how many levels of the factor shown by colour a panel has.

    Returns:
        Its pages: panels; and before them heat maps where they would fill more than MOST_PAGES, so that they stand in
        the appendix.
    """
    above = legend_room(sweep.factors.get(facets.colour, ()), width_of(len(keys)))
    parted = pages_of(keys, len(facets.tracks), room_below(places_of(sweep, facets)), above)
    many = len(parted) > MOST_PAGES and len(sweep.factors.get(DATASET, ())) > 1
    pages = [dataclasses.replace(facets, panels=panels) for panels in parted]
    maps = list(_maps(keys, facets, sweep, series * len(places_of(sweep, facets)))) if many else []
    return [*_numbered(maps, "_map"), *_numbered(pages, "", appendix=many)]


def _maps(keys: Sequence[Key], facets: Facets, sweep: Sweep, columns: int) -> Iterator[Facets]:
    without = list(dict.fromkeys(tuple(part for part in key if part[0] != DATASET) for key in keys))
    names = column_names(sweep.factors.get(facets.colour, ()), sweep.factors[facets.x])
    for panels, datasets in maps_of(without, sweep.factors[DATASET], columns, names):
        yield dataclasses.replace(facets, panels=tuple(panels), datasets=tuple(datasets))


def _numbered(pages: Sequence[Facets], name: str, *, appendix: bool = False) -> list[Page]:
    if len(pages) == 1:
        return [Page(suffix=name, words="", facets=pages[0], appendix=appendix)]
    return [
        Page(suffix=f"{name}_{place}", words=f", page {place} of {len(pages)}", facets=page, appendix=appendix)
        for place, page in enumerate(pages, start=1)
    ]
