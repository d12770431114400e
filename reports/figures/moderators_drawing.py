"""Draws the figure `moderators`: a row a metric and level, a column a property, a point a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ncvq_core.metrics import metrics_by_name
from reports.colours import GREY, Look, looks_of
from reports.figures.contract import View
from reports.figures.facets import PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.grid import SMALL, add_legend, dress, handle, legend_names, legend_room
from reports.figures.moderators_words import ESTIMATE, POINT, PROPERTIES, Property, line
from reports.figures.names import shortened

WIDTH, HEIGHT, LABELS, AROUND = 2.25, 1.95, 0.45, 0.45  # inches: of a panel, left of all, above and below all
MOST_LOOKS = 28
"""Datasets that can be told apart; more of them are alike."""
NAME_LETTERS = 20


def rows_of_a_page(datasets: Sequence[str]) -> int:
    """How many rows fit on a page below a legend of some datasets."""
    return max(1, int((PAGE_HEIGHT - AROUND - _legend(datasets)) / HEIGHT))


def _legend(datasets: Sequence[str]) -> float:
    return legend_room(datasets, PAGE_WIDTH) if len(datasets) <= MOST_LOOKS else 0.0


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a row a metric and level, a column a property."""
    layout = view.layout
    looks = looks_of(list(layout.datasets)) if len(layout.datasets) <= MOST_LOOKS else {}
    up = min(PAGE_HEIGHT, AROUND + _legend(layout.datasets) + HEIGHT * len(layout.rows))
    figure = Figure(figsize=(min(PAGE_WIDTH, LABELS + WIDTH * len(PROPERTIES)), up), layout="constrained")
    grid = figure.subplots(len(layout.rows), len(PROPERTIES), squeeze=False, sharex="col", sharey="row")
    levels = shortened([level for _, level in layout.rows], NAME_LETTERS)
    for axes_row, (metric, level) in zip(grid, layout.rows, strict=True):
        own = table[(table["metric"] == metric) & (table["level"] == level)]
        for axes, name in zip(axes_row, PROPERTIES, strict=True):
            _draw_panel(axes, own[own["property"] == name], looks)
        axes_row[0].set_ylabel(f"Δ {metric}{_unit(own, metric)}\n{levels[level]}", fontsize=SMALL)
        _limit(axes_row[0], own[own["kind"] == POINT])
    for axes, (name, shown) in zip(grid[-1], PROPERTIES.items(), strict=True):
        _scale(axes, table.loc[table["property"] == name, "value"].dropna(), shown)
    names = legend_names(layout.datasets, None)
    add_legend(figure, [handle(look, names[dataset]) for dataset, look in looks.items()])
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, looks: dict[str, Look]) -> None:
    dress(axes)
    axes.axhline(0, color="0.5", linewidth=0.8, zorder=1)
    points = rows[rows["kind"] == POINT]
    axes.vlines(points["value"], points["effect_low"], points["effect_high"], color="0.8", linewidth=0.8, zorder=1)
    for dataset, own in points.groupby("dataset", sort=False):
        look = looks.get(str(dataset), Look(colour=GREY, marker="o"))
        axes.scatter(own["value"], own["effect"], s=26, color=look.colour, marker=look.marker, linewidths=0, zorder=2)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    estimates = rows[rows["kind"] == ESTIMATE].to_dict("records")
    axes.set_title("\n".join(line(row) for row in estimates), fontsize=SMALL, loc="left")


def _scale(axes: Axes, values: pd.Series[float], shown: Property) -> None:
    """Dress the horizontal axis of a column, which its panels share."""
    axes.set_xlabel(shown.label, fontsize=SMALL)
    if not shown.log or values.empty:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
        return
    low, high = values.min(), values.max()
    room = max(1.1, (high / low) ** 0.06)
    axes.set_xscale("log")
    axes.set_xlim(low / room, high * room)
    axes.xaxis.set_major_locator(FixedLocator(_log_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _log_ticks(low: float, high: float) -> list[float]:
    """Up to four round numbers from low to high, or both ends where there are not two."""
    steps = [base * 10.0**power for power in range(-3, 10) for base in (1, 2, 5)]
    inside = [step for step in steps if low <= step <= high]
    return inside[:: -(-len(inside) // 4)] if len(inside) > 1 else sorted({low, high})


def _limit(axes: Axes, points: pd.DataFrame) -> None:
    """Let the effects fill the axis: a whisker goes on beyond it."""
    low, high = min(0.0, points["effect"].min()), max(0.0, points["effect"].max())
    room = 0.25 * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)


def _unit(rows: pd.DataFrame, metric: str) -> str:
    units = [unit for unit in rows["unit"].dropna().unique() if unit] or [metrics_by_name()[metric].unit]
    note = metrics_by_name()[metric].direction_note
    return f" [{units[0]}]" * bool(units[0]) + f"\n{note}" * bool(note)
