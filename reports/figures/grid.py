"""A page of panels: axes side by side in bands, each panel with its tracks one above the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from reports.colours import Line, Look
from reports.figures.facets import AROUND, COLUMNS, PAGE_HEIGHT, PANEL_WIDTH, Facets, band_height, titles_of
from reports.figures.names import SMALL_POINTS, inches, shortened
from reports.levels import DATASET

SMALL, TEXT = "small", "medium"
"""Sizes of letters, relative to that of the style."""
LEGEND_LETTERS = 40
LABELS_WIDTH = 0.45  # inches left of all panels
LEGEND_KEY, LEGEND_LINE = 0.65, 0.165  # inches: beside the name of an entry, and from line to line
BASELINE = " (baseline)"


class Grid:
    """A figure with axes for each panel and track; those of one dataset and track share their vertical axis."""

    def __init__(self, facets: Facets, below: float = 0.0, above: float = 0.0, *, own_axes: bool = False) -> None:
        """Make the axes.

        Args:
            facets: the panels and their tracks.
            below: what labels below each band need beyond one line, in inches.
            above: what the legend needs beyond one line, in inches.
            own_axes: whether no two panels share an axis, because their numbers have no common scale.
        """
        panels, tracks = facets.panels, facets.tracks
        self.columns = min(COLUMNS, len(panels))
        bands = math.ceil(len(panels) / self.columns)
        up = bands * band_height(panels, len(tracks), below) + AROUND + above
        self.figure = Figure(figsize=(width_of(len(panels)), min(up, PAGE_HEIGHT)), layout="constrained")
        grid = self.figure.add_gridspec(bands * len(tracks), self.columns)
        shared: dict[tuple[str, str], Axes] = {}
        self.axes: dict[tuple[int, str], Axes] = {}
        for panel, (key, title) in enumerate(zip(panels, titles_of(panels), strict=True)):
            band, column = divmod(panel, self.columns)
            for place, track in enumerate(tracks):
                same = (str(panel) if own_axes else dict(key).get(DATASET, ""), track)
                axes = self.figure.add_subplot(grid[band * len(tracks) + place, column], sharey=shared.get(same))
                shared.setdefault(same, axes)
                self.axes[panel, track] = axes
                dress(axes)
                axes.set_title(title if place == 0 else "", fontsize=SMALL)
                axes.tick_params(labelbottom=place == len(tracks) - 1)

    def label_tracks(self, labels: dict[str, str]) -> None:
        """Name each track left of the first panel of each band."""
        for (panel, track), axes in self.axes.items():
            if panel % self.columns == 0:
                axes.set_ylabel(labels[track], fontsize=SMALL)

    def label_places(self, labels: Sequence[str], *, upright: bool) -> None:
        """Put the names of places below the panels."""
        for axes in self.axes.values():
            label_places(axes, labels, upright=upright)

    def label_epochs(self) -> None:
        """Put the ticks of the horizontal axis at whole epochs."""
        for axes in self.axes.values():
            axes.xaxis.set_major_locator(epoch_locator())


def width_of(panels: int) -> float:
    """The width of a page with so many panels, in inches."""
    return max(min(COLUMNS, panels), 1.6) * PANEL_WIDTH + LABELS_WIDTH


def legend_room(levels: Sequence[str], across: float) -> float:
    """What a legend of some levels needs beyond one line on a page so wide, in inches."""
    labels = [name + BASELINE for name in shortened(levels, LEGEND_LETTERS).values()]
    return LEGEND_LINE * (math.ceil(len(labels) / _legend_columns(labels, across)) - 1) if labels else 0.0


def _legend_columns(labels: Sequence[str], across: float, points: float = SMALL_POINTS) -> int:
    return max(1, int(across / (LEGEND_KEY + max(inches(label, points) for label in labels))))


def epoch_locator() -> MaxNLocator:
    """Ticks at whole epochs."""
    return MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=True)


def label_places(axes: Axes, labels: Sequence[str], *, upright: bool) -> None:
    """Put the names of places below axes, and room for half a place beside them."""
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.set_xticks(range(len(labels)), labels, rotation=90 if upright else 0)


def dress(axes: Axes) -> None:
    """Small letters, no frame, pale lines to read values by."""
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def add_legend(figure: Figure, handles: Sequence[Line2D]) -> None:
    """A legend above all panels, in as many columns as fit."""
    if not handles:
        return
    points = FontProperties(size=SMALL).get_size_in_points()
    columns = _legend_columns([str(handle.get_label()) for handle in handles], figure.get_figwidth(), points)
    figure.legend(handles=list(handles), loc="outside upper center", ncols=columns, frameon=False, fontsize=SMALL)


def handle(look: Look, label: str, *, marker: bool = True, line: Line = "none") -> Line2D:
    """An entry of a legend."""
    return Line2D([], [], color=look.colour, marker=look.marker if marker else "", linestyle=line, markersize=5,
                  label=label)  # fmt: skip


def legend_names(levels: Sequence[str], baseline: str | None) -> dict[str, str]:
    """What a legend calls each level."""
    shown = shortened(levels, LEGEND_LETTERS)
    return {level: f"{shown[level]}{BASELINE}" if level == baseline else shown[level] for level in levels}


def set_log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers at 1, 2 and 5 where it spans few decades."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    few_decades = math.log10(high / low) < 2.5
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few_decades else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
