"""Does a better stage 1 make a better stage 2? Probe and reconstruction against the worth of the samples, by block."""

from __future__ import annotations

import pandas as pd

from reports.figures.contract import TRANSFER, View
from reports.figures.scatter import (
    Panel,
    ScatterLayout,
    alt_text,
    caption,
    draw,
    family_of,
    scatter_table,
    scatter_views,
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
    rows = _rows(results)
    if not varying or not all(rows):
        return []
    colour = next((name for name in BY_COLOUR if name in varying), varying[0])
    return scatter_views(results, "transfer", "Stage 1 against the samples of stage 2", TRANSFER, rows, colour)


def _rows(results: Results) -> list[tuple[Panel, ...]]:
    second = with_data(results, SECOND)
    return [tuple(("", x, y) for y in second) for x in with_data(results, FIRST)]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a page: what scatter_table makes."""
    return scatter_table(results, view, family_of(_rows(results)))
