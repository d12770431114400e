"""Figures as Python objects: matplotlib's own, which a notebook shows whether or not pyplot is imported."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from functools import partial
from typing import overload

import pandas as pd
from matplotlib.figure import Figure

from reports.errors import ReportError
from reports.figures.contract import FigureModule, View
from reports.figures.nothing import why_nothing
from reports.figures.style import PAGE, style_named, styled
from reports.figures.write import chosen_figures, rows_of
from reports.read_store import Results

SHOWN_PER_INCH = 80
"""CSS pixels; the picture itself has more, for screens that can show them."""


class Figures(Sequence[Figure]):
    """The figures of one name in order; a notebook shows all of them with their captions."""

    def __init__(self, figures: Sequence[Figure], captions: Sequence[str]) -> None:
        """Hold figures and as many captions."""
        self._figures = list(figures)
        self.captions = list(captions)

    @overload
    def __getitem__(self, place: int) -> Figure: ...
    @overload
    def __getitem__(self, place: slice) -> Figures: ...
    def __getitem__(self, place: int | slice) -> Figure | Figures:
        """One figure, or some of them."""
        if isinstance(place, slice):
            return Figures(self._figures[place], self.captions[place])
        return self._figures[place]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._figures)

    def _repr_html_(self) -> str:
        parts = []
        for figure, caption in zip(self._figures, self.captions, strict=True):
            png, size = _shown(figure)
            source = base64.b64encode(png).decode("ascii")
            image = f'<img src="data:image/png;base64,{source}" width="{size["width"]}">'
            parts.append(f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>")
        return "\n".join(parts)


def draw_figures(results: Results, claims: pd.DataFrame, name: str) -> Figures:
    """Draw all figures of a name.

    Args:
        results: the sweep.
        claims: what claims_table makes of it.
        name: of the registry of figures (`effects`), or of one figure (`value_val_loss`).

    Raises:
        ReportError: no figure has the name (the message lists those that there are), or it has nothing to draw.
    """
    found = _with_tables(results, claims, name)
    captions = [module.caption(table, view, shown) for module, view, shown, table in found]
    return Figures([_drawn(module, view, table) for module, view, _, table in found], captions)


def draw_figure(results: Results, claims: pd.DataFrame, name: str, page: int) -> Figure:
    """Draw one of the figures of a name; pages are counted from 1.

    Raises:
        ReportError: as for draw_figures, and where there is no such page.
    """
    found = _with_tables(results, claims, name)
    if not 1 <= page <= len(found):
        raise ReportError(f"page {page} of {name}: it has {len(found)}, counted from 1")
    module, view, _, table = found[page - 1]
    return _drawn(module, view, table)


def _with_tables(
    results: Results, claims: pd.DataFrame, name: str
) -> list[tuple[FigureModule, View, Results, pd.DataFrame]]:
    """The figures of a name that have anything to draw, with the results that they show and the rows that they draw."""
    tables = [
        (module, view, *rows_of(module, view, results, claims))
        for module, view in chosen_figures(results, claims, name, appendix=False)
    ]
    found = [each for each in tables if not each[3].empty]
    if not found:
        raise ReportError(why_nothing(results, name))
    return found


def _drawn(module: FigureModule, view: View, table: pd.DataFrame) -> Figure:
    with styled(style_named(PAGE)):
        figure = module.draw(table, view)
        figure.draw_without_rendering()  # all texts are made now, in the style
    figure._repr_png_ = partial(_shown, figure)  # type: ignore[attr-defined]
    return figure


def _shown(figure: Figure) -> tuple[bytes, dict[str, int]]:
    """The picture of a figure, and how wide a notebook shows it."""
    style, file = style_named(PAGE), io.BytesIO()
    with styled(style):
        figure.savefig(file, format="png", dpi=style.dots_per_inch)
    return file.getvalue(), {"width": round(figure.get_figwidth() * SHOWN_PER_INCH)}
