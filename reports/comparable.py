"""Metrics that do not mean the same across some factor of the sweep: they are not drawn beside each other."""

from __future__ import annotations

from ncvq_core.metrics import Metric
from reports.metrics import finite_values, metrics_with_data
from reports.read_store import Results
from reports.relevance import of_stage


def factors_it_differs_across(results: Results, metric: Metric) -> list[str]:
    """The factors of which several levels have values of a metric that do not mean the same."""
    seen = of_stage(results, metric.stage)
    rows = seen.done[finite_values(seen.done, metric.name).notna()]
    return [
        factor
        for factor in seen.sweep.varying
        if factor in metric.incomparable and rows[factor].nunique(dropna=False) > 1
    ]


def comparability_notes(results: Results) -> list[str]:
    """A sentence for each metric that is not drawn, and where to look instead."""
    notes = []
    for metric in metrics_with_data(results.done):
        if factors := factors_it_differs_across(results, metric):
            instead = f" Look at {' or '.join(metric.instead)}." if metric.instead else ""
            notes.append(
                f"{metric.name} is not drawn: it does not mean the same across {' and '.join(factors)}.{instead}"
            )
    return notes
