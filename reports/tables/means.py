"""Mean and standard deviation of every metric in every group of cells, over the seeds that all groups have."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.table import cells_to_compare, spec_of
from reports.judges import without_mixed_judgements
from reports.levels import DATASET, in_level_order
from reports.read_store import Results
from reports.relevance import of_stage
from reports.statistics.means import table_of_means

SMALLEST_PLAIN = 1e-3
LARGEST_PLAIN = 1e5


def summary_table(results: Results, metrics: list[Metric]) -> pd.DataFrame:
    """Summarise the done trials.

    Returns:
        One row a metric and group of cells (all factors but the seed) that has a value: the factors (those that cannot
        change the metric are missing), metric, n (seeds that all groups of the dataset have), n_own (seeds that this
        group has), mean and sd over the n, complete (no cell of the dataset lacks a value), best (no group is shown to
        be better, and another is shown to be worse; False for all while the dataset is incomplete).
    """
    parts = []
    for metric in metrics:
        shown = of_stage(results, metric.stage)
        shown = dataclasses.replace(shown, cells=without_mixed_judgements(shown.cells))
        spec = spec_of(metric, results.sweep.margins)
        means = table_of_means(cells_to_compare(shown, metric.name), shown.sweep, spec, results.options)
        means = means[means["n_own"] > 0].reset_index(drop=True).assign(metric=metric.name)
        kept = means if DATASET in shown.sweep.factors else means.drop(columns=DATASET)
        parts.append(in_level_order(kept, shown.sweep, shown.sweep.group_factors))
    columns = [*results.sweep.group_factors, "metric", "n", "n_own", "mean", "sd", "complete", "best"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return table.reindex(columns=columns)


def mean_and_sd(mean: float, sd: float) -> str:
    """For example "0.912 ± 0.013": the standard deviation with two digits, the mean to the same place.

    Without a standard deviation (one value) or with one of 0, the mean has four digits; without a mean, a dash.
    """
    if math.isnan(mean):
        return "–"
    if not sd > 0:
        return f"{mean:.4g}" if math.isnan(sd) else f"{mean:.4g} ± 0"
    if not SMALLEST_PLAIN <= max(abs(mean), sd) < LARGEST_PLAIN:
        return f"{mean:.3g} ± {sd:.1e}"
    places = max(0, 1 - math.floor(math.log10(sd)))
    if places > 6:
        return f"{mean:.4g} ± {sd:.1e}"
    return f"{mean:.{places}f} ± {sd:.{places}f}"
