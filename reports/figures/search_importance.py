"""Which parameters of a search its objectives go with, beside what chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.claims.wording import listed
from reports.colours import BLUE, VERMILION
from reports.figures.contract import SEARCH, View
from reports.figures.grid import SMALL, TEXT
from reports.figures.names import shortened
from reports.read_store import Results
from reports.remembered import once
from reports.search import short_names
from reports.search_shares import ENOUGH, parameter_shares

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

NAMES, PANEL, AROUND, ROW = 2.6, 2.4, 0.95, 0.27  # inches
NAME_LETTERS = 34


@dataclass(frozen=True, kw_only=True)
class SearchImportanceLayout:
    """What it shows."""

    metrics: tuple[str, ...]
    """The objectives, a panel each."""
    parameters: tuple[str, ...]
    """Its rows."""


LAYOUT = SearchImportanceLayout


@once
def _shares(results: Results) -> pd.DataFrame:
    assert results.search is not None
    return parameter_shares(results.search)


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """One figure, where the sweep is a search with enough suggestions."""
    if results.search is None or _shares(results).empty:
        return []
    made = _shares(results)
    order = made.groupby("parameter", sort=False)["share"].max().sort_values(ascending=False, kind="stable")
    return [
        View(
            figure="search_importance",
            name="search_importance",
            heading="Which parameters the objectives go with",
            section=SEARCH,
            sweep=results.sweep,
            layout=SearchImportanceLayout(
                metrics=tuple(objective.metric for objective in results.search.objectives),
                parameters=tuple(order.index),
            ),
        )
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that are drawn, as `parameter_shares` returns them."""
    return _shares(results)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a panel for each objective, a bar for each parameter."""
    metrics, parameters = view.layout.metrics, view.layout.parameters
    up = AROUND + ROW * max(3, len(parameters))
    figure = Figure(figsize=(max(5.0, NAMES + PANEL * len(metrics)), up), layout="constrained")
    grid = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
    for axes, metric in zip(grid, metrics, strict=True):
        _draw_panel(axes, table[table["metric"] == metric], parameters)
        axes.set_title(metric, fontsize=TEXT)
    short = short_names(parameters)
    fitting = shortened(list(short.values()), NAME_LETTERS)
    grid[0].set_yticks(range(len(parameters)), [fitting[short[name]] for name in parameters])
    grid[0].set_ylim(len(parameters) - 0.4, -0.6)
    figure.supxlabel("share of the variance between suggestions", fontsize=SMALL)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, parameters: tuple[str, ...]) -> None:
    at = rows["parameter"].map({name: float(place) for place, name in enumerate(parameters)})
    beyond = rows["share"] > rows["limit"]
    axes.barh(at, rows["share"], height=0.62, color=[BLUE if each else "0.75" for each in beyond], alpha=0.75)
    axes.vlines(rows["limit"], at - 0.42, at + 0.42, color=VERMILION, linewidth=1.2, linestyle="--", zorder=4)
    axes.set_xlim(0, min(1.02, 1.08 * float(rows[["share", "limit"]].max().max())))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under it."""
    return (
        f"{_found(table, view)} Bar: which share of the differences between suggestions, by the ranks of their values, "
        "lies between the choices of a parameter, or between the lowest, middle and highest third of its numbers. "
        "Dashed: with shuffled values no bar of a panel reaches its line in 19 of 20 searches; a blue bar did. Nothing "
        f"is said of parameters with fewer than {ENOUGH} suggestions, nor of what several do together; suggestions "
        "without values have no part. As the sampler drew more where it was good, one parameter may stand for another: "
        "a grid of the few that matter says more."
    )


def _found(table: pd.DataFrame, view: View) -> str:
    words = []
    for metric in view.layout.metrics:
        rows = table[(table["metric"] == metric) & (table["share"] > table["limit"])]
        found = rows.sort_values("share", ascending=False)
        named = [f"{row.parameter} ({row.share:.0%})" for row in found.itertuples()]
        words.append(f"{metric} goes with {listed(named)}." if named else f"{metric} goes with no parameter for sure.")
    return " ".join(words)


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see it needs."""
    return f"Shares of {len(view.layout.parameters)} parameters in the objectives of a search. {_found(table, view)}"
