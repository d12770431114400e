"""Which factor goes where in a figure, and which rows go into which of its panels.

Every factor that varies, except the seed, has a place, so that a mark never averages over anything but seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from reports.colours import Look, looks_of
from reports.figures.names import shortened
from reports.read_store import Sweep

COLUMN_FACTOR = "dataset"
COLOUR_FACTOR = "ssl"
WEIGHT_FACTOR = "aug_recon_weight"
EMBEDDING_FACTOR = "token_embedding"
CATEGORY_FACTORS = ("ssl", "augmentations")
MAX_COLUMNS = 4
PANEL_WIDTH, PANEL_HEIGHT, SIDE_LEGEND_WIDTH = 2.9, 2.1, 1.2  # inches
NO_METHOD = "all trials"
NAME_LETTERS, LEGEND_LETTERS = 24, 40
"""How long a name may be in a title or below an axis, and in a legend."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The place of each factor of a sweep in a figure."""

    x: tuple[str, ...]
    """The factors whose levels, joined, stand on the horizontal axis; empty where the axis is the epoch."""
    rows: tuple[str, ...]
    """The factors whose combinations each have a row of panels."""
    shade: str | None = None
    """The factor shown by the strength of the colour."""
    colour: str = COLOUR_FACTOR
    """The factor shown by colour and marker."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The part of a table that one pair of axes shows."""

    title: str
    """The dataset and the levels of the row factors."""
    dataset: str
    """Panels of one dataset share their vertical axis; empty where the dataset is no factor."""
    row: int
    """The row of the panel below its dataset's first."""
    table: pd.DataFrame
    """The rows to draw."""


def value_layout(sweep: Sweep) -> Layout:
    """Values against what varies: aug_recon_weight, else token_embedding, else ssl and augmentations, else the rest."""
    varying = [factor for factor in sweep.varying if factor != COLUMN_FACTOR]
    categories = [factor for factor in CATEGORY_FACTORS if factor in varying]
    for factor in (WEIGHT_FACTOR, EMBEDDING_FACTOR):
        if factor in varying:
            return Layout(x=(factor,), rows=_others(varying, [factor, COLOUR_FACTOR]))
    return Layout(x=tuple(categories or varying), rows=_others(varying, categories or varying))


def history_layout(sweep: Sweep, stage: str) -> Layout:
    """Epochs on the horizontal axis; aug_recon_weight, where it varies, by shade.

    Colour is the SSL method, but the token embedding in stage 2 of a sweep in which that varies.
    """
    varying = [factor for factor in sweep.varying if factor != COLUMN_FACTOR]
    shade = WEIGHT_FACTOR if WEIGHT_FACTOR in varying else None
    colour = EMBEDDING_FACTOR if stage == "stage2" and EMBEDDING_FACTOR in varying else COLOUR_FACTOR
    return Layout(x=(), rows=_others(varying, [colour, WEIGHT_FACTOR]), shade=shade, colour=colour)


def in_level_order(table: pd.DataFrame, sweep: Sweep, factors: Sequence[str]) -> pd.DataFrame:
    """Sort rows by the order of the levels in the sweep; a missing level comes first."""
    keys = pd.DataFrame({factor: table[factor].map(_rank(sweep, factor)).fillna(-1) for factor in factors})
    return table.loc[keys.sort_values(list(factors), kind="stable").index] if factors else table


def split_panels(table: pd.DataFrame, sweep: Sweep, layout: Layout) -> list[Panel]:
    """Split the rows of a table into panels, in the order of the levels.

    A row without a level of some row factor (the baseline has no augmentations) is shown in each panel that agrees
    with its other levels, so that it can be compared there.
    """
    combinations = _combinations(table, sweep, layout.rows)
    levels_shown = [level for factor in (COLUMN_FACTOR, *layout.rows) for level in sweep.factors.get(factor, [])]
    shown = shortened(levels_shown, NAME_LETTERS)
    panels = []
    for dataset, of_dataset in _by_dataset(table, sweep):
        for row, levels in enumerate(combinations):
            part = of_dataset[_agrees(of_dataset, levels)]
            title = " · ".join(shown[name] for name in (dataset, *levels.values()) if isinstance(name, str) and name)
            panels.append(Panel(title=title, dataset=dataset, row=row, table=part))
    return [panel for panel in panels if not panel.table.empty]


def panel_grid(panels: Sequence[Panel]) -> tuple[Figure, list[Axes]]:
    """A figure with axes for each panel: a column a dataset, bands of at most MAX_COLUMNS datasets below each other."""
    datasets = list(dict.fromkeys(panel.dataset for panel in panels))
    height = 1 + max(panel.row for panel in panels)
    bands = math.ceil(len(datasets) / MAX_COLUMNS)
    columns = math.ceil(len(datasets) / bands)
    width = max(columns * PANEL_WIDTH, 1.6 * PANEL_WIDTH)
    figure = Figure(figsize=(width, bands * height * PANEL_HEIGHT + 0.9), layout="constrained")
    first: dict[str, Axes] = {}
    axes = []
    for panel in panels:
        band, column = divmod(datasets.index(panel.dataset), columns)
        place = (band * height + panel.row) * columns + column + 1
        pair = figure.add_subplot(bands * height, columns, place, sharey=first.get(panel.dataset))
        first.setdefault(panel.dataset, pair)
        pair.set_title(panel.title, fontsize=9)
        pair.tick_params(labelsize=8)
        pair.spines[["top", "right"]].set_visible(False)
        pair.grid(axis="y", color="0.9", linewidth=0.6)
        pair.set_axisbelow(True)
        axes.append(pair)
    return figure, axes


def method_column(table: pd.DataFrame, factor: str = COLOUR_FACTOR) -> pd.Series[str]:
    """The level of the factor shown by colour in each row; one name for all where it is no factor of the sweep."""
    return table[factor].fillna(NO_METHOD) if factor in table else pd.Series(NO_METHOD, index=table.index)


def method_looks(sweep: Sweep, factor: str = COLOUR_FACTOR) -> dict[str, Look]:
    """The look of every level of that factor, also of those that a figure lacks, so that colours stay the same."""
    return looks_of([*sweep.factors.get(factor, []), NO_METHOD])


def method_handles(table: pd.DataFrame, sweep: Sweep, factor: str = COLOUR_FACTOR) -> list[Line2D]:
    """An entry of the legend for each method in a table with a column `method`: a line in its colour."""
    looks = method_looks(sweep, factor)
    shown = shortened(looks, LEGEND_LETTERS)
    present = set(table["method"])
    baseline = sweep.baseline.get(factor)
    return [
        Line2D(
            [],
            [],
            color=look.colour,
            linestyle=look.line,
            markersize=5,
            label=f"{shown[method]} (baseline)" if method == baseline else shown[method],
        )
        for method, look in looks.items()
        if method in present
    ]


def add_legend(figure: Figure, handles: Sequence[Line2D]) -> None:
    """A legend above all panels, in as many columns as fit."""
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, int(figure.get_figwidth() / (0.55 + 0.075 * longest)))
    figure.legend(handles=list(handles), loc="outside upper center", ncols=columns, frameon=False, fontsize=8)


def add_side_legend(figure: Figure, handles: Sequence[Line2D], title: str) -> None:
    """A legend to the right of all panels; the figure grows by its width."""
    figure.set_figwidth(figure.get_figwidth() + SIDE_LEGEND_WIDTH)
    figure.legend(
        handles=list(handles), loc="outside right upper", frameon=False, fontsize=8, title=title, title_fontsize=8
    )


def set_log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers at 1, 2 and 5 where it spans few decades."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    few_decades = math.log10(high / low) < 2.5
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few_decades else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def set_epoch_axis(axes: Axes) -> None:
    """Put the ticks of the horizontal axis at whole epochs."""
    axes.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))


def _others(varying: Sequence[str], placed: Sequence[str]) -> tuple[str, ...]:
    return tuple(factor for factor in varying if factor not in placed)


def _rank(sweep: Sweep, factor: str) -> dict[str, int]:
    return {level: index for index, level in enumerate(sweep.factors[factor])}


def _by_dataset(table: pd.DataFrame, sweep: Sweep) -> Iterator[tuple[str, pd.DataFrame]]:
    if COLUMN_FACTOR not in sweep.factors:
        yield "", table
        return
    for dataset in sweep.factors[COLUMN_FACTOR]:
        yield dataset, table[table[COLUMN_FACTOR] == dataset]


def _combinations(table: pd.DataFrame, sweep: Sweep, factors: Sequence[str]) -> list[dict[str, object]]:
    """The combinations of levels that need a row of their own: those that do not fit into a more complete one."""
    if not factors:
        return [{}]
    unique = in_level_order(table[list(factors)].drop_duplicates(), sweep, factors)
    rows = unique.to_dict("records")
    combinations = [{str(name): level for name, level in row.items() if pd.notna(level)} for row in rows]
    return [one for one in combinations if not any(one.items() < other.items() for other in combinations)]


def _agrees(table: pd.DataFrame, levels: dict[str, object]) -> pd.Series[bool]:
    agrees = pd.Series(True, index=table.index)
    for factor, level in levels.items():
        agrees &= table[factor].isna() | (table[factor] == level)
    return agrees
