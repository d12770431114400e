"""Rule 1: the scale on which a metric is compared, and the way back to per cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.statistics.specification import LOG, Scale

RELATIVE_ROUNDING = 1e-12
"""Differences below this part of the values are rounding: 0.7999… and 0.8000… are equal."""


def on_scale(values: pd.Series, scale: Scale) -> pd.DataFrame:
    """Put values on their scale.

    Args:
        values: numbers in the unit of the metric.
        scale: log or raw.

    Returns:
        With the index of values: y (natural logarithm, or the value; missing where invalid), problem (why it is
        invalid, missing where it is valid) and rounding (differences of y below it are none).
    """
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    problem = np.full(len(numbers), None, dtype=object)
    problem[np.isnan(numbers)] = "no number"
    problem[np.isinf(numbers)] = "infinite"
    y = np.where(np.isfinite(numbers), numbers, np.nan)
    if scale == LOG:
        problem[y <= 0] = "not above 0"
        y = np.log(np.where(y > 0, y, np.nan))
    size = np.maximum(np.abs(y), 1.0) if scale == LOG else np.abs(y)
    reasons = pd.Series(problem, index=values.index, dtype="str")
    return pd.DataFrame({"y": y, "problem": reasons, "rounding": RELATIVE_ROUNDING * size}, index=values.index)


def as_effect(difference: pd.Series, scale: Scale) -> pd.Series:
    """A difference on the scale as a reader sees it: per cent of the reference on log, unchanged on raw."""
    numbers = difference.astype(float)
    if scale != LOG:
        return numbers
    with np.errstate(over="ignore"):
        return pd.Series(100 * np.expm1(numbers), index=difference.index)


def from_scale(y: pd.Series, scale: Scale) -> pd.Series:
    """Values on their scale in the unit of the metric again."""
    numbers = y.astype(float)
    with np.errstate(over="ignore"):
        return pd.Series(np.exp(numbers), index=y.index) if scale == LOG else numbers


def effect_unit(scale: Scale) -> str:
    """The unit of as_effect: per cent, or empty for the unit of the metric."""
    return "%" if scale == LOG else ""


def margin_on_scale(margin: float | None, scale: Scale) -> float:
    """The largest difference on the scale that is of no importance; nan without a margin."""
    if margin is None:
        return float("nan")
    return float(np.log1p(margin)) if scale == LOG else margin
