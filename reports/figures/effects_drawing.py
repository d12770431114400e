"""Draws a page of effects: names on the left, marks and whiskers, numbers and verdicts on the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ncvq_core.metrics import metrics_by_name
from reports.colours import BLUE, VERMILION, Look
from reports.figures.contract import View
from reports.figures.effects_pages import ROW_HEIGHT, STRIP_FOOT, STRIP_HEAD, strip_height
from reports.figures.effects_words import MINUS, OTHER_MEANING, diverged, incomparable
from reports.statistics.verdicts import AND_EQUIVALENT

LABELS, AXIS, WORDS, EDGE = 1.8, 1.6, 3.25, 0.05  # inches, from left to right
EFFECT_AT, BLOCKS_AT, VERDICT_AT = 0.1, 1.56, 2.0  # inches from the right end of the axis
SMALL, TEXT, HEAD, EDGE_WIDTH = 7.5, 8.0, 9.0, 1.2  # points
INK, GREY, PALE = (0.1, 0.1, 0.1), (0.42, 0.42, 0.42), (0.9, 0.92, 0.94)

LOOKS = {
    "better": Look(colour=BLUE, marker="o"),
    "worse": Look(colour=VERMILION, marker="X"),
    "higher": Look(colour=INK, marker=">"),
    "lower": Look(colour=INK, marker="<"),
    "equivalent": Look(colour=INK, marker="s"),
    "undecided": Look(colour=GREY, marker="o"),
    "identical": Look(colour=INK, marker="D"),
    "same difference": Look(colour=INK, marker="D"),
}
"""Of each verdict; told apart in grey by the marker, which is hollow where nothing is decided."""
HOLLOW = "undecided"


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    across = 1 + int(table["panel"].max())
    heights = [strip_height(parts) for _, _, parts in view.layout.strips]
    figure = Figure(figsize=(LABELS + across * (AXIS + WORDS) + EDGE, sum(heights)))
    top = sum(heights)
    for (_, rows), height in zip(table.groupby("strip"), heights, strict=True):
        _Strip(figure, top=top - STRIP_HEAD, height=height - STRIP_HEAD - STRIP_FOOT).draw(rows)
        top -= height
    return figure


class _Strip:
    """The panels of one factor, side by side."""

    def __init__(self, figure: Figure, *, top: float, height: float) -> None:
        """Place it.

        Args:
            figure: what to draw on.
            top: the upper end of its rows, in inches from below.
            height: of all rows, in inches.
        """
        self.figure = figure
        self.bottom, self.height = top - height, height
        self.rows = round(height / ROW_HEIGHT)

    def draw(self, table: pd.DataFrame) -> None:
        """Draw names and panels."""
        first = table[table["panel"] == 0]
        names = self._axes(0, LABELS)
        row = first.iloc[0]
        self._write(names, 0.1, -2.5, f"{row['factor']}, against {row['reference_shown']} ({row['reference_is']})",
                    fontsize=HEAD, weight="bold")  # fmt: skip
        for _, rows in first.groupby("level", sort=False):
            self._write(names, 0.1, rows["place"].min() - 1, str(rows["heading"].iloc[0]), weight="bold")
        for each in first.to_dict("records"):
            weight = "bold" if each["overall"] else "normal"
            self._write(names, 0.25, each["place"], each["scope"], weight=weight)
        for panel, rows in table.groupby("panel"):
            self._draw_panel(rows, LABELS + int(str(panel)) * (AXIS + WORDS))

    def _draw_panel(self, rows: pd.DataFrame, left: float) -> None:
        axes, beside = self._axes(left, AXIS), self._axes(left + AXIS, WORDS)
        axes.axis("on")
        row = rows.iloc[0]
        metric = metrics_by_name()[str(row["metric"])]
        axes.set_xlim(row["axis_low"], row["axis_high"])
        unit = "" if row["unit"] == "-" else f" [{row['unit']}]"
        note = f", {metric.direction_note}" if metric.better else ""
        self._write(beside, -AXIS, -1.6, f"{metric.name}: difference{unit}{note}", weight="bold")
        _dress(axes, row)
        if (rows["reason"] == OTHER_MEANING).all():
            axes.axis("off")
            middle = (self.rows - 1) / 2
            words = incomparable(str(row["factor"]), metric.name, metric.instead)
            self._write(beside, 0.1 - AXIS, middle, words, color=GREY)
            return
        _draw_marks(axes, rows)
        _tick(axes)
        self._write_words(beside, rows)

    def _write_words(self, beside: Axes, rows: pd.DataFrame) -> None:
        counted = "blocks" if rows["paired"].all() else "runs"
        for text, at in (("effect [95 % interval]", EFFECT_AT), (counted, BLOCKS_AT), ("verdict", VERDICT_AT)):
            self._write(beside, at, -0.8, text, fontsize=SMALL, color=GREY)
        for each in rows.to_dict("records"):
            if each["reason_words"] != "-":
                self._write(beside, EFFECT_AT, each["place"], each["reason_words"], fontsize=SMALL, color=GREY,
                            style="italic")  # fmt: skip
                continue
            self._write(beside, EFFECT_AT, each["place"], each["effect_words"], fontsize=SMALL)
            self._write(beside, BLOCKS_AT, each["place"], each["blocks_words"], fontsize=SMALL)
            self._write(beside, VERDICT_AT, each["place"], each["verdict_words"], fontsize=SMALL,
                        color=LOOKS[_kind(each)].colour)  # fmt: skip
        for _, of_level in rows.groupby("level", sort=False):
            if told := diverged(of_level.iloc[0].to_dict()):
                self._write(beside, EFFECT_AT, of_level["place"].min() - 1, told, fontsize=SMALL, style="italic")

    def _axes(self, left: float, width: float) -> Axes:
        """Axes over all rows, without frame; 0 is the middle of the first row."""
        across, up = self.figure.get_size_inches()
        axes = self.figure.add_axes((left / across, self.bottom / up, width / across, self.height / up))
        axes.set_xlim(0, width)
        axes.set_ylim(self.rows - 0.5, -0.5)
        axes.axis("off")
        return axes

    def _write(self, axes: Axes, x: float, place: float, text: str, **options: Any) -> None:
        options = {"fontsize": TEXT, "color": INK, "va": "center", "ha": "left", **options}
        axes.text(x, place, text, **options)


def _dress(axes: Axes, row: pd.Series[Any]) -> None:
    """Band and line at no difference."""
    if pd.notna(row["margin"]):
        axes.axvspan(row["margin_low"], row["margin_high"], color=PALE, linewidth=0, zorder=0)
    axes.axvline(0, color=INK, linewidth=0.9, zorder=1)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.patch.set_visible(False)


def _tick(axes: Axes) -> None:
    """Few ticks with plain signed numbers; none at the rows."""
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}".replace("-", MINUS) if value else "0"))
    axes.tick_params(axis="x", labelsize=SMALL, length=2.5, pad=2)


def _kind(row: dict[Any, Any]) -> str:
    return str(row["verdict"]).removesuffix(AND_EQUIVALENT)


def _draw_marks(axes: Axes, rows: pd.DataFrame) -> None:
    """Marks and whiskers from our own ends of intervals; what goes on beyond the axis gets an arrow."""
    low, high = float(rows["axis_low"].iloc[0]), float(rows["axis_high"].iloc[0])
    said = rows[rows["reason_words"] == "-"]
    said = said.assign(
        kind=[_kind(row) for row in said.to_dict("records")],
        low=said["effect_low"].clip(low, high),
        high=said["effect_high"].clip(low, high),
    )
    for overall, size, width in ((False, 5.0, 1.1), (True, 7.0, 2.0)):
        for kind, part in said[said["overall"] == overall].groupby("kind", sort=False):
            _draw_kind(axes, part, str(kind), size, width)
    axes.set_xlim(low, high)
    for x, place, marker, colour in _arrows(said, low, high):
        axes.plot([x], [place], marker=marker, color=colour, markersize=4.5, linestyle="none", clip_on=False, zorder=4)


def _draw_kind(axes: Axes, rows: pd.DataFrame, kind: str, size: float, width: float) -> None:
    """Whiskers and marks of one verdict; sizes in points."""
    look = LOOKS[kind]
    axes.hlines(rows["place"], rows["low"], rows["high"], color=look.colour, linewidth=width, zorder=2)
    marks = rows[rows["effect"].between(rows["axis_low"], rows["axis_high"])]
    face = "none" if kind == HOLLOW else look.colour
    axes.scatter(
        marks["effect"], marks["place"], s=size**2, marker=look.marker, facecolor=face, edgecolor=look.colour,
        linewidth=EDGE_WIDTH, zorder=3,
    )  # fmt: skip


def _arrows(said: pd.DataFrame, low: float, high: float) -> Iterator[tuple[float, float, str, Any]]:
    for row in said.to_dict("records"):
        colour = LOOKS[row["kind"]].colour
        if min(row["effect"], row["effect_low"]) < low:
            yield low, row["place"], "<", colour
        if max(row["effect"], row["effect_high"]) > high:
            yield high, row["place"], ">", colour
