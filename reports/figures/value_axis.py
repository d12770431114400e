"""Which rows of the figure of a metric are lines, and the ends of its vertical axis."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ncvq_core.metrics import Metric
from reports.read_store import Sweep

DECADE = 10.0


def is_baseline(table: pd.DataFrame, sweep: Sweep) -> pd.Series[bool]:
    """Which rows have the level of the baseline in each of its factors."""
    matches = pd.Series(bool(sweep.baseline), index=table.index)
    for factor, level in sweep.baseline.items():
        matches &= (table[factor] == level) if factor in table else False
    return matches


def reference_rows(panel: pd.DataFrame) -> pd.DataFrame:
    """The rows of a panel that are a horizontal line: off the axis, or the baseline where that is one group."""
    off_axis = panel[panel["position"].isna()]
    baseline = panel[panel["baseline"] & panel["position"].notna()]
    return baseline if off_axis.empty and baseline["position"].nunique() == 1 else off_axis


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


def intervals_are_cut(table: pd.DataFrame, *, logarithmic: bool) -> bool:
    """Whether some interval reaches beyond the axis that value_limits gives its dataset."""
    for _, part in table.groupby("dataset", dropna=False) if "dataset" in table else [("", table)]:
        low, high = value_limits(part, logarithmic=logarithmic)
        if bool(((part["low"] < low) | (part["high"] > high)).any()):
            return True
    return False
