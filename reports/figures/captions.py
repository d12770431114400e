"""What stands under a figure: what is drawn, over how many seeds, and what is left out."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import Metric, metrics_by_name
from reports.coverage import status_counts
from reports.figures.contract import View
from reports.figures.value_axis import intervals_are_cut, reference_rows, use_log_axis
from reports.judges import networks
from reports.panels import COLUMN_FACTOR, WEIGHT_FACTOR, Layout
from reports.read_store import DONE, Results


def value_caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """The caption of the figure of a metric."""
    metric, layout = metrics_by_name()[view.subject], view.layout
    groups = table.drop_duplicates(results.sweep.group_factors)
    counts = groups["n"]
    x = ", ".join(layout.x) or "all trials"
    sentences = [f"{metric.label}{_note(metric)} against {x}; {facets(results, layout)}."]
    if (counts > 1).any():
        sentences.append(
            f"Large marks: mean over the seeds ({count_range(counts)}); vertical bars: 95 % t-interval of a mean "
            "alone, which says little of differences, because equal seeds rise and fall together (see Effects); "
            "small points: single seeds."
        )
    else:
        sentences.append("Large marks: one seed each (n = 1), so no interval can be drawn.")
    if (counts > 1).any() and (counts == 1).any():
        sentences.append(f"No interval where there is one seed only ({(counts == 1).sum()} of {len(counts)} groups).")
    lines = reference_rows(table)
    if not lines.empty:
        drawn = " and band: mean and 95 % t-interval" if lines["low"].notna().any() else ": mean"
        names = ", ".join(lines["method"].unique()) + (" (the baseline)" if lines["baseline"].all() else "")
        sentences.append(f"Dashed line{drawn} of {names}{_off_axis(table)}.")
    if layout.x == (WEIGHT_FACTOR,):
        sentences.append("The levels are evenly spaced, whatever their values.")
    if intervals_are_cut(table, logarithmic=use_log_axis(table, metric)):
        sentences.append("Intervals that reach far beyond all values are cut at the edge of the panel.")
    return " ".join([*sentences, *_judges(metric, results), *_left_out(table, results)])


def value_alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the figure needs: the range of the group means and where its ends lie."""
    return (
        f"Dot plot of {view.heading}: {len(table)} trials, group means from {table['mean'].min():.4g} "
        f"to {table['mean'].max():.4g}. All numbers are in the table of means."
    )


def _note(metric: Metric) -> str:
    return f" ({metric.direction_note})" if metric.better else ""


def count_range(counts: pd.Series[int]) -> str:
    """For example "n = 2 to 3"."""
    low, high = int(counts.min()), int(counts.max())
    return f"n = {low}" if low == high else f"n = {low} to {high}"


def facets(results: Results, layout: Layout) -> str:
    """What has a row or a column of panels, in words."""
    down = f"; a row per {' and '.join(layout.rows)}" if layout.rows else ""
    across = "a column per dataset, each with its own vertical axis" if COLUMN_FACTOR in results.sweep.factors else ""
    return (across + down).removeprefix("; ") or "one panel"


def _off_axis(table: pd.DataFrame) -> str:
    """Says why a method is a line, not marks."""
    return f", which has no {WEIGHT_FACTOR}" if table["position"].isna().any() else ""


def _judges(metric: Metric, results: Results) -> list[str]:
    """Names the network behind a metric, of each dataset."""
    names = networks(results.done) if metric.judged else {}
    words = ", ".join(f"{dataset}: {' and '.join(found)}" for dataset, found in names.items())
    return [f"Network that judges: {words}."] if words else []


def _left_out(table: pd.DataFrame, results: Results) -> list[str]:
    counts = status_counts(results.cells)
    unfinished = [f"{count} {status}" for status, count in counts.items() if count and status != DONE]
    without_value = counts[DONE] - len(table)
    sentences = [f"Not in any mean: {', '.join(unfinished)}."] if unfinished else []
    if without_value:
        sentences.append(f"{without_value} done trials have no finite value of this metric and are left out.")
    return sentences
