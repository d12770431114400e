"""Paired differences of many datasets as a heat map: a row a dataset, a column a setting, a number in each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from ncvq_core.metrics import Metric
from reports.colours import BLUE, VERMILION
from reports.figures.effects_pages import FAR
from reports.figures.effects_words import decimal_places, number
from reports.figures.facets import PAGE_HEIGHT, PAGE_WIDTH, Facets, Key, titles_of
from reports.figures.grid import SMALL, TEXT
from reports.figures.names import inches, shortened
from reports.levels import DATASET

ROW_HEIGHT, COLUMN_WIDTH, LABELS, BAR, FOOT = 0.21, 0.47, 1.9, 0.7, 0.3  # inches
TOP, TITLE_LINE, GAP = 0.45, 0.16, 0.12  # inches: for the heading, for a line of the titles, between panels
COLUMNS = int((PAGE_WIDTH - LABELS - BAR) / COLUMN_WIDTH)
NAME_LETTERS, PLACE_LETTERS = 24, 18
STRONGEST = 0.75  # of the colours, so that numbers can be read on them


def maps_of(
    panels: Sequence[Key], datasets: Sequence[str], columns: int, names: Sequence[str]
) -> Iterator[tuple[list[Key], list[str]]]:
    """The panels and datasets of each page.

    Args:
        panels: without the dataset.
        datasets: of the sweep.
        columns: how many settings each panel has.
        names: what may stand above a column.
    """
    across = max(1, COLUMNS // max(1, columns))
    rows = max(1, int((PAGE_HEIGHT - FOOT - _head([*names, *titles_of(panels)], lines=2)) / ROW_HEIGHT))
    for first in range(0, len(panels), across):
        for start in range(0, len(datasets), rows):
            yield list(panels[first : first + across]), list(datasets[start : start + rows])


def column_names(series: Sequence[str], places: Sequence[str]) -> list[str]:
    """What may stand above the columns of a map."""
    shown, short = (list(shortened(names, PLACE_LETTERS).values()) for names in (series, places))
    return [f"{first} {second}" for first in shown for second in short]


def _head(names: Sequence[str], lines: int) -> float:
    """The room above the rows, in inches: for the names of the columns, and for lines of titles."""
    return TOP + TITLE_LINE * lines + max(map(inches, names), default=0.0)


def draw_map(table: pd.DataFrame, facets: Facets, metric: Metric) -> Figure:
    """Draw a page.

    Args:
        table: panel, dataset, series, place (missing where a setting has none), value (the effect), bold.
        facets: what the page shows.
        metric: gives the direction that is better, and the unit.
    """
    table = table.assign(column=_columns(table))
    widths = [table.loc[table["panel"] == place, "column"].nunique() for place in range(len(facets.panels))]
    each = min(COLUMN_WIDTH, (PAGE_WIDTH - LABELS - BAR) / max(1, sum(widths)))
    titles = titles_of(facets.panels)
    above = all(inches(title) < each * columns - GAP for title, columns in zip(titles, widths, strict=True))
    if not above:  # as the first line of the name of each of its columns, which stand upright
        table["column"] = table["panel"].map(dict(enumerate(titles))) + "\n" + table["column"]
    head = _head(list(table["column"].unique()), max(title.count("\n") + 1 for title in titles) if above else 0)
    across, up = LABELS + BAR + each * sum(widths), head + FOOT + ROW_HEIGHT * len(facets.datasets)
    figure = Figure(figsize=(max(across, 5.0), up))
    limit = _limit(table["value"])
    left = LABELS
    for place, columns in enumerate(widths):
        box = (left / across, FOOT / up, (each * columns - GAP) / across, ROW_HEIGHT * len(facets.datasets) / up)
        axes = figure.add_axes(box)
        bar = figure.add_axes(((across - 0.6) / across, FOOT / up, 0.12 / across, box[3])) if left == LABELS else None
        rows = table[table["panel"] == place]
        _draw_panel(axes, rows, facets, limit, bar, _colours(metric), numbers=each > 0.36)
        axes.set_title(titles[place] if above else "", fontsize=SMALL, pad=6)
        axes.tick_params(axis="y", labelleft=left == LABELS)
        left += each * columns
    unit = "%" if metric.scale == "log" else metric.unit
    note = f", {metric.direction_note}" if metric.better else ""
    figure.text(0.05 / across, 1 - 0.2 / up, f"{metric.name}: difference{f' [{unit}]' if unit else ''}{note}",
                fontsize=TEXT, weight="bold")  # fmt: skip
    return figure


def _columns(table: pd.DataFrame) -> pd.Series[str]:
    """The name of the column of each row: series and place."""
    series = table["series"].map(shortened(table["series"], PLACE_LETTERS))
    place = table["place"].map(shortened(table["place"].dropna(), PLACE_LETTERS))
    return series.where(place.isna() | (place == series), series + " " + place.fillna(""))


def _draw_panel(
    axes: Axes, rows: pd.DataFrame, facets: Facets, limit: float, bar: Axes | None, colours: Colormap, *, numbers: bool
) -> None:
    import seaborn as sns

    columns = list(dict.fromkeys(rows["column"]))
    grid = rows.pivot(index=DATASET, columns="column", values="value").reindex(index=facets.datasets, columns=columns)
    bold = rows.pivot(index=DATASET, columns="column", values="bold").reindex(index=facets.datasets, columns=columns)
    shown = shortened(facets.datasets, NAME_LETTERS)
    sns.heatmap(
        grid.rename(index=shown), ax=axes, vmin=-limit, vmax=limit, cmap=colours, cbar=bar is not None, cbar_ax=bar,
        linewidths=0.6, xticklabels=True, yticklabels=True,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", labelrotation=90, labelsize=SMALL, length=0)
    axes.tick_params(axis="y", labelrotation=0, labelsize=SMALL, length=0)
    if bar is not None:
        bar.tick_params(labelsize=SMALL)
    if numbers:
        _write_numbers(axes, grid.to_numpy(dtype=float), bold.eq(True).to_numpy(), limit)


def _write_numbers(axes: Axes, grid: np.ndarray, bold: np.ndarray, limit: float) -> None:
    places = decimal_places((-limit, limit), float("nan"))
    for row, column in np.argwhere(np.isfinite(grid)):
        value = grid[row, column]
        text = number(value, places)
        axes.text(
            column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=SMALL,
            color="0.05", weight="bold" if bold[row, column] else "normal",
        )  # fmt: skip


def _limit(values: pd.Series[float]) -> float:
    """The end of the colours: the largest effect, unless it is FAR times as large as most."""
    sizes = values.abs().dropna()
    if sizes.empty or sizes.max() == 0:
        return 1.0
    usual = FAR * float(sizes.median())
    return float(sizes[sizes <= usual].max()) if usual > 0 else float(sizes.max())


def _colours(metric: Metric) -> Colormap:
    """White where nothing differs; blue what is better, red what is worse, two other hues where neither is."""
    low, high = (BLUE, VERMILION) if metric.better == "lower" else (VERMILION, BLUE)
    if metric.better is None:
        low, high = (0.45, 0.3, 0.6), (0.85, 0.55, 0.1)
    ends = [tuple(1 - STRONGEST * (1 - channel) for channel in colour) for colour in (low, high)]
    return LinearSegmentedColormap.from_list("effects", [ends[0], (1.0, 1.0, 1.0), ends[1]])
