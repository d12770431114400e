"""What a report makes of the table of metrics: which have data, in the order in which they are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ncvq_core.metrics import FAMILIES, Metric, known_metrics


def metrics_with_data(trials: pd.DataFrame) -> list[Metric]:
    """The metrics for which at least one row of trials holds a finite number, family by family."""
    found = [metric for metric in known_metrics() if finite_values(trials, metric.name).notna().any()]
    return sorted(found, key=lambda metric: FAMILIES.index(metric.family))


def finite_values(trials: pd.DataFrame, column: str) -> pd.Series[float]:
    """A column as floats with everything that is not a finite number missing; all missing where it is absent."""
    if column not in trials:
        return pd.Series(np.nan, index=trials.index, dtype=float)
    values = pd.to_numeric(trials[column], errors="coerce").astype(float)
    return values.where(np.isfinite(values))
