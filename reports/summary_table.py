"""Mean and standard deviation of every metric in every group of cells."""

from __future__ import annotations

import math

import pandas as pd

from ncvq_core.metrics import Metric
from reports.intervals import summarise
from reports.metrics import finite_values
from reports.panels import COLUMN_FACTOR, in_level_order
from reports.read_store import Results
from reports.stages import of_stage

SMALLEST_PLAIN = 1e-3
LARGEST_PLAIN = 1e5


def summary_table(results: Results, metrics: list[Metric]) -> pd.DataFrame:
    """Summarise the done trials.

    Returns:
        One row a metric and group of cells (all factors but the seed) that has a value: the factors (those that cannot
        change the metric are missing), metric, n, mean,
        sd, low, high (95 % t-interval of the mean), best (its mean is the best of its dataset; ties share it; False
        where the metric ranks nothing or the dataset has one group only).
    """
    parts = []
    for metric in metrics:
        shown = of_stage(results, metric.stage)
        sweep, done = shown.sweep, shown.done
        rows = done[list(sweep.factors)].assign(metric=metric.name, value=finite_values(done, metric.name))
        part = summarise(in_level_order(rows, sweep, sweep.group_factors), [*sweep.group_factors, "metric"])
        parts.append(part.assign(best=best_means(part, metric)))
    columns = [*results.sweep.group_factors, "metric", "n", "mean", "sd", "low", "high", "best"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return table.reindex(columns=columns)


def best_means(groups: pd.DataFrame, metric: Metric) -> pd.Series[bool]:
    """Which groups have the best mean of their dataset."""
    if metric.better is None:
        return pd.Series(False, index=groups.index)
    dataset = groups[COLUMN_FACTOR] if COLUMN_FACTOR in groups else pd.Series("", index=groups.index)
    means = groups["mean"].groupby(dataset)
    best = means.transform("max" if metric.better == "higher" else "min")
    return (groups["mean"] == best) & (means.transform("size") > 1)


def mean_and_sd(mean: float, sd: float) -> str:
    """For example "0.912 ± 0.013": the standard deviation with two digits, the mean to the same place.

    Without a standard deviation (one value) or with one of 0, the mean has four digits.
    """
    if not sd > 0:
        return f"{mean:.4g}" if math.isnan(sd) else f"{mean:.4g} ± 0"
    if not SMALLEST_PLAIN <= max(abs(mean), sd) < LARGEST_PLAIN:
        return f"{mean:.3g} ± {sd:.1e}"
    places = max(0, 1 - math.floor(math.log10(sd)))
    if places > 6:
        return f"{mean:.4g} ± {sd:.1e}"
    return f"{mean:.{places}f} ± {sd:.{places}f}"
