"""Which augmentations make the SSL loss easy, and is that good for anything? Its end value against the metrics."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.figures.contract import DIFFICULTY, View, numbered
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
    by_method: dict[str, list[Panel]] = {}
    for panel in _panels(results):
        by_method.setdefault(panel[0], []).append(panel)
    parts = pages_of_rows([tuple(row) for row in by_method.values()], results.sweep.factors[AUGMENTATIONS])
    return [
        View(
            figure="ssl_difficulty",
            **numbered("ssl_difficulty", "End value of the SSL loss against what it is good for", place, len(parts)),
            section=DIFFICULTY,
            sweep=results.sweep,
            appendix=says_nothing(results, _panels(results)),
            metrics=(LOSS, *dict.fromkeys(panel[2] for row in part for panel in row)),
            test=TEST,
            layout=ScatterLayout(rows=part, colour=AUGMENTATIONS),
        )
        for place, part in enumerate(parts, start=1)
    ]


def _panels(results: Results) -> tuple[Panel, ...]:
    done = results.done[finite_values(results.done, LOSS).notna()]
    known = set(done[SSL].dropna()) if SSL in done else set()
    methods = [method for method in results.sweep.factors.get(SSL, sorted(known)) if method in known]
    metrics = with_data(results, AGAINST)
    return tuple((method, LOSS, metric) for method in methods for metric in metrics)


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
