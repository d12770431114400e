"""What stands above a table for a paper: all that a reader needs to understand its numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.answers import measured_at
from reports.claims.scope import scope
from reports.claims.wording import listed
from reports.levels import DATASET
from reports.read_store import Results

BOLD = (
    "Bold: the best of its dataset, or not shown to be worse than the best ({tests}, Holm over all pairs of "
    "settings, 5 %, four {units} or more; none while a trial of the dataset is missing)."
)
NOT_BOLD = (
    "None is bold: on no dataset a setting is shown to be the best ({tests}, Holm over all pairs of settings, "
    "5 %, four {units} or more, no trial of the dataset missing)."
)
POOLED = "Trials of different numerics versions, data, dtypes, kinds of device and judges are pooled."


MOST_NAMED = 6
"""More settings without a value are counted."""


def means_caption(
    results: Results, metric: Metric, rows: pd.DataFrame, *, lacking: Sequence[str], ranked: int = 0
) -> str:
    """The caption of a table of means.

    Args:
        results: the sweep.
        metric: of the table.
        rows: of summary_table, of that metric.
        lacking: the settings of the design that have no value.
        ranked: over how many datasets the average rank is; 0 where there is none.
    """
    direction = f" ({metric.direction_note})" if metric.better else ""
    ranks = f"Rank: average rank of the means, over the {ranked} datasets that have all settings; 1 is the best."
    tests, units, over = ("paired t-tests", "seeds", "the seeds that all settings of a dataset have")
    if results.sweep.source:
        tests, units, over = ("Welch's t-tests", "runs", "the runs of each setting")
    words = (BOLD if rows["best"].any() else NOT_BOLD).format(tests=tests, units=units)
    bold = [words] if metric.better else []
    return " ".join([
        f"{metric.axis_label}{direction}: mean ± standard deviation over {over} ({_seeds(rows)}).",
        *bold,
        *([ranks] if ranked else []),
        *_lacking(list(dict.fromkeys(lacking))),
        *([POOLED] if results.options.pool else []),
        *about(results),
    ])  # fmt: skip


def _lacking(settings: list[str]) -> list[str]:
    if not settings:
        return []
    named = listed(settings) if len(settings) <= MOST_NAMED else f"{len(settings)} settings"
    return [f"Not in the table, because no trial has a value: {named}."]


def about(results: Results) -> list[str]:
    """Sentences on the trainings that a table rests on, and on what it leaves out."""
    unnamed = dataclasses.replace(results.sweep, profile="")  # measured_at names it
    return [words for words in (measured_at(results), *scope(unnamed)) if words]


def _seeds(rows: pd.DataFrame) -> str:
    """For example "n = 4" or "n = 3 on A and B, else 4"."""
    counts = rows.groupby(DATASET, sort=False)["n"].max() if DATASET in rows else rows["n"].iloc[:1]
    usual = int(counts.mode().max())
    others: dict[int, list[str]] = {}
    for dataset, count in counts.items():
        if count != usual:
            others.setdefault(int(count), []).append(str(dataset))
    parts = [f"{count} on {listed(datasets)}" for count, datasets in others.items()]
    return f"n = {', '.join(parts)}, else {usual}" if parts else f"n = {usual}"
