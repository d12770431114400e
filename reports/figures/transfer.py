"""Does a better stage 1 make a better stage 2? Probe and reconstruction against the worth of the samples, by block."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.figures.contract import TRANSFER, View, numbered
from reports.figures.scatter import (
    TEST,
    Panel,
    ScatterLayout,
    draw_scatter,
    pages_of_rows,
    says_nothing,
    scatter_alt_text,
    scatter_caption,
    scatter_table,
    with_data,
)
from reports.levels import AUGMENTATIONS, SSL
from reports.read_store import Results
from reports.relevance import STAGE1, WITHOUT_EFFECT

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = ScatterLayout
FIRST, SECOND = ("probe_svm", "recon_time"), ("fid", "is_mean", "cas")
BY_COLOUR = (AUGMENTATIONS, SSL)


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """One page where something varies that changes stage 1, and samples were judged."""
    varying = [name for name in results.sweep.varying if name != "dataset" and name not in WITHOUT_EFFECT[STAGE1]]
    rows = [tuple(panel for panel in _panels(results) if panel[1] == name) for name in with_data(results, FIRST)]
    if not varying or not all(rows):
        return []
    colour = next((name for name in BY_COLOUR if name in varying), varying[0])
    parts = pages_of_rows(rows, results.sweep.factors[colour])
    return [
        View(
            figure="transfer",
            **numbered("transfer", "Stage 1 against the samples of stage 2", place, len(parts)),
            section=TRANSFER,
            sweep=results.sweep,
            appendix=says_nothing(results, _panels(results)),
            metrics=tuple(dict.fromkeys(name for row in part for panel in row for name in panel[1:])),
            test=TEST,
            layout=ScatterLayout(rows=part, colour=colour),
        )
        for place, part in enumerate(parts, start=1)
    ]


def _panels(results: Results) -> tuple[Panel, ...]:
    return tuple(("", x, y) for x in with_data(results, FIRST) for y in with_data(results, SECOND))


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a page: what scatter_table makes."""
    return scatter_table(results, view, _panels(results))


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    return draw_scatter(table, view)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    return scatter_caption(table, results)


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    return scatter_alt_text(table)
