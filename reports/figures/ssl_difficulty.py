"""Which augmentations make the SSL loss easy, and is that good for anything? Its end value against the metrics."""

from __future__ import annotations

import pandas as pd

from reports.figures.contract import DIFFICULTY, View
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
from reports.metrics import finite_values
from reports.read_store import Results

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = ScatterLayout
LOSS = "ssl_loss"
AGAINST = ("probe_svm", "recon_time", "fid", "is_mean", "prior_loss")


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of all SSL methods with a loss: a row a method, a column a metric."""
    if AUGMENTATIONS not in results.sweep.varying:
        return []
    heading = "End value of the SSL loss against what it is good for"
    return scatter_views(results, "ssl_difficulty", heading, DIFFICULTY, _rows(results), AUGMENTATIONS)


def _rows(results: Results) -> list[tuple[Panel, ...]]:
    done = results.done[finite_values(results.done, LOSS).notna()]
    known = set(done[SSL].dropna()) if SSL in done else set()
    methods = [method for method in results.sweep.factors.get(SSL, sorted(known)) if method in known]
    metrics = with_data(results, AGAINST)
    return [tuple((method, LOSS, metric) for metric in metrics) for method in methods] if metrics else []


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a page: what scatter_table makes."""
    return scatter_table(results, view, family_of(_rows(results)))
