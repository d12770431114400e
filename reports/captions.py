"""What stands under a figure: what is drawn, over how many seeds, and what is left out."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import Metric
from reports.coverage import status_counts
from reports.history_figure import RUNNING_MEAN, Curve
from reports.judges import networks
from reports.panels import COLUMN_FACTOR, WEIGHT_FACTOR, Layout, history_layout, value_layout
from reports.read_store import DONE, Results
from reports.value_figure import intervals_are_cut, reference_rows, use_log_axis


def value_caption(table: pd.DataFrame, metric: Metric, results: Results) -> str:
    """The caption of the figure of a metric."""
    layout = value_layout(results.sweep)
    groups = table.drop_duplicates(results.sweep.group_factors)
    counts = groups["n"]
    x = ", ".join(layout.x) or "all trials"
    sentences = [f"{metric.label}{_note(metric)} against {x}; {_facets(results, layout)}."]
    if (counts > 1).any():
        sentences.append(
            f"Large marks: mean over the seeds ({_range(counts)}); vertical bars: 95 % t-interval of that mean; "
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


def history_caption(table: pd.DataFrame, curve: Curve, results: Results) -> str:
    """The caption of the figure of a curve."""
    layout = history_layout(results.sweep, curve.stage)
    shade = f"; a fuller colour is a larger {layout.shade}" if layout.shade else ""
    band = (
        f"band: lowest to highest seed ({_range(table['n'])})" if (table["n"] > 1).any() else "one seed each, no band"
    )
    smoothed = f" {RUNNING_MEAN}" if curve.noisy else ""
    return (
        f"{curve.label} by epoch; {_facets(results, layout)}{shade}. Line: mean over the seeds; {band}.{smoothed} "
        "Only done trials are drawn."
    )


def value_alt_text(table: pd.DataFrame, metric: Metric) -> str:
    """What a reader who cannot see the figure needs: the range of the group means and where its ends lie."""
    return (
        f"Dot plot of {metric.label}: {len(table)} trials, group means from {table['mean'].min():.4g} "
        f"to {table['mean'].max():.4g}. All numbers are in the table of means."
    )


def history_alt_text(table: pd.DataFrame, curve: Curve) -> str:
    """A short description of the curves for a reader who cannot see them."""
    last = table[table["epoch"] == table["epoch"].max()]
    return (
        f"Line plot of {curve.label} over {int(table['epoch'].max())} epochs; "
        f"at the end the means lie from {last['mean'].min():.4g} to {last['mean'].max():.4g}."
    )


def _note(metric: Metric) -> str:
    return f" ({metric.direction_note})" if metric.better else ""


def _range(counts: pd.Series[int]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"n = {low}" if low == high else f"n = {low} to {high}"


def _facets(results: Results, layout: Layout) -> str:
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
