"""The vertical axes of values and of differences: their ends, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ncvq_core.metrics import Metric
from reports.figures.effects_pages import axis_limits
from reports.figures.names import shortened
from reports.statistics.scale import effect_unit
from reports.statistics.specification import Scale

DECADE = 10.0
REFERENCE_LETTERS = 14


def use_log_axis(table: pd.DataFrame, metric: Metric) -> bool:
    """Logarithmic where the metric asks for it, all values are positive and they span more than a decade."""
    low, high = table["value"].min(), table["value"].max()
    return bool(metric.log_axis and low > 0 and high / low > DECADE)


def value_limits(table: pd.DataFrame, *, logarithmic: bool) -> tuple[float, float]:
    """Ends of the vertical axis: all values, and their intervals unless these reach far beyond the values.

    An interval may be cut at one span of the values beyond the lowest and the highest value: with two seeds it is nine
    times as wide as their distance, and would flatten everything else.
    """
    values = table["value"].to_numpy(dtype=float)
    ends = table[["low", "high"]].to_numpy(dtype=float).ravel()
    if logarithmic:
        values, ends = np.log10(values), np.log10(ends[ends > 0])
    ends = ends[np.isfinite(ends)]
    low, high = values.min(), values.max()
    span = (high - low) or abs(high) * 0.1 or 1.0
    low = max(low - span, min(ends.min(initial=low), low)) - 0.05 * span
    high = min(high + span, max(ends.max(initial=high), high)) + 0.05 * span
    return (float(10**low), float(10**high)) if logarithmic else (float(low), float(high))


def limit_effects(axes: Axes, rows: pd.DataFrame, margin: tuple[float, float] = (math.nan, math.nan)) -> None:
    """Give axes the ends that effects need, and draw the margin, where there is one, and the line of no difference."""
    axes.axhline(0, color="0.1", linewidth=0.9, zorder=1)
    if math.isfinite(margin[0]):
        axes.axhspan(*margin, color=(0.9, 0.92, 0.94), linewidth=0, zorder=0)
    if len(rows):
        named = rows.rename(columns={"value": "effect", "low": "effect_low", "high": "effect_high"})
        axes.set_ylim(*axis_limits(named, margin))


def difference_label(scale: Scale, unit: str, reference: str) -> str:
    """What an axis of differences from a level says."""
    (shown,) = shortened([reference], REFERENCE_LETTERS).values()
    unit = effect_unit(scale) or unit
    return f"difference\nfrom {shown}{f' [{unit}]' if unit else ''}"


def value_label(metric: Metric) -> str:
    """What an axis of a metric says."""
    unit = f" [{metric.unit}]" if metric.unit else ""
    return f"{metric.name}{unit}\n{metric.direction_note}"
