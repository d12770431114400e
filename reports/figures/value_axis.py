"""The vertical axis of the figure of a metric."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ncvq_core.metrics import Metric

DECADE = 10.0


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
