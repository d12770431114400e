"""What a token embedding changes: the prior's loss by epoch, beside what networks say of its samples."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncvq_core.metrics import METRICS, Metric
from reports.claims.anchors import slug
from reports.figures import history, value
from reports.figures.contract import CURVES as SECTION
from reports.figures.contract import View, results_of
from reports.figures.history import CURVES, RUNNING_MEAN
from reports.figures.names import shortened
from reports.figures.value_axis import intervals_are_cut, use_log_axis, value_limits
from reports.judges import networks
from reports.panels import (
    COLUMN_FACTOR,
    EMBEDDING_FACTOR,
    NAME_LETTERS,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    Layout,
    Panel,
    add_legend,
    method_handles,
    method_looks,
    set_epoch_axis,
    set_log_axis,
    split_panels,
)
from reports.read_store import Results, Sweep

SHARED = {"codebook_init", "codebook_finetuned"}
"""Embeddings that train alike and differ in what samples are decoded with."""

VALUES = tuple(metric for metric in METRICS if metric.name in ("fid", "is_mean"))
METRIC_BY_NAME = {metric.name: metric for metric in VALUES}
LOSSES = tuple(curve for curve in CURVES if curve.column in ("validation_prior_loss", "prior_loss"))[::-1]
"""The loss on the validation part, and what is drawn where no trial has one."""


LAYOUT = Layout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """A figure of each dataset; none where the sweep does not vary the token embedding."""
    sweep = results.sweep
    if EMBEDDING_FACTOR not in sweep.varying:
        return []
    rows = tuple(factor for factor in sweep.varying if factor not in (COLUMN_FACTOR, EMBEDDING_FACTOR))
    return [
        View(
            figure="prior",
            name=f"prior_{slug(dataset)}".rstrip("_"),
            subject=dataset,
            heading=f"Token embeddings {dataset}".strip(),
            section=SECTION,
            group="stage2",
            sweep=sweep,
            dataset=dataset,
            metrics=tuple(METRIC_BY_NAME),
            curves=tuple(curve.column for curve in LOSSES),
            layout=Layout(x=(), rows=rows, colour=EMBEDDING_FACTOR),
        )
        for dataset in sweep.factors.get(COLUMN_FACTOR, [""])
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that the figure of a dataset draws.

    Returns:
        One row a group and epoch for the curve, and one a done trial for each metric of VALUES: the factors, part (the
        curve's or the metric's name), epoch, n, mean, low and high (of a curve the lowest and highest seed, of a metric
        the 95 % t-interval), value (of the trial), method (the embedding). Empty where no trial has a curve.
    """
    sweep, seen = view.sweep, results_of(view, results)
    candidates = ((curve, history.table(seen, claims, history.view_of(seen, curve))) for curve in LOSSES)
    columns = [*sweep.factors, "part", "epoch", "n", "mean", "low", "high", "value", "method"]
    found = next(((curve, lines) for curve, lines in candidates if len(lines)), None)
    if found is None:
        return pd.DataFrame(columns=columns)
    curve, lines = found
    parts = [lines.rename(columns={"minimum": "low", "maximum": "high"}).assign(part=curve.column)]
    for metric in VALUES:
        values = value.table(seen, claims, value.view_of(seen, metric))
        parts.append(values.assign(part=metric.name, method=values[EMBEDDING_FACTOR]))
    return pd.concat([part for part in parts if len(part)], ignore_index=True).reindex(columns=columns)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw the table: a row a combination of the other factors, the curve on the left."""
    sweep = view.sweep
    panels = split_panels(table, sweep, view.layout)
    names = list(table["part"].unique())
    figure = Figure(figsize=(PANEL_WIDTH * len(names) + 0.6, PANEL_HEIGHT * len(panels) + 0.9), layout="constrained")
    grid = figure.subplots(len(panels), len(names), squeeze=False, sharex="col", sharey="col")
    for panel, line in zip(panels, grid, strict=True):
        for name, axes in zip(names, line, strict=True):
            _draw_part(axes, panel, name, sweep)
    for name, last in zip(names, grid[-1], strict=True):
        if name in METRIC_BY_NAME:
            _limit(last, table, METRIC_BY_NAME[name])
        else:
            last.set_xlabel("epoch", fontsize=8)
            set_epoch_axis(last)
    add_legend(figure, method_handles(table, sweep, EMBEDDING_FACTOR))
    return figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under the figure."""
    curve = next(curve for curve in LOSSES if curve.column == table["part"].iloc[0])
    sentences = [
        f"{curve.label} by epoch (line: mean over the seeds; band: lowest to highest seed), beside what its samples "
        "are worth (large marks: mean; bars: its 95 % t-interval where there are several seeds; small points: seeds), "
        f"for each {EMBEDDING_FACTOR}. All panels of a column share their axis."
    ]
    if curve.noisy:
        sentences.append(RUNNING_MEAN)
    if set(table["method"]) >= SHARED:
        sentences.append(f"{' and '.join(sorted(SHARED))} share their training, so that their curves are one.")
    if any(_is_cut(table, metric) for metric in VALUES):
        sentences.append("Intervals that reach far beyond all values are cut at the edge of the panel.")
    datasets = set(table[COLUMN_FACTOR]) if COLUMN_FACTOR in table else set(networks(results.done))
    judges = [f"{name} ({dataset})" for dataset, found in networks(results.done).items() for name in found
              if dataset in datasets]  # fmt: skip
    return " ".join([*sentences, *([f"Network that judges: {', '.join(judges)}."] if judges else [])])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """A short description for a reader who cannot see the figure."""
    lines = table[table["epoch"].notna()]
    last = lines[lines["epoch"] == lines["epoch"].max()]
    ends = f"{last['mean'].min():.4g} to {last['mean'].max():.4g}"
    return f"Curves of the prior's loss, which end at {ends}, with {', '.join(table['part'].unique()[1:])} beside them."


def _draw_part(axes: Axes, panel: Panel, name: str, sweep: Sweep) -> None:
    looks = method_looks(sweep, EMBEDDING_FACTOR)
    present = [method for method in sweep.factors[EMBEDDING_FACTOR] if method in set(panel.table["method"])]
    table = panel.table[panel.table["part"] == name]
    for place, method in enumerate(present):
        rows, look = table[table["method"] == method], looks[method]
        if table["epoch"].notna().any():
            axes.plot(rows["epoch"], rows["mean"], color=look.colour, linestyle=look.line, linewidth=1.1)
            axes.fill_between(rows["epoch"], rows["low"], rows["high"], color=look.colour, alpha=0.2, linewidth=0)
        elif len(rows):
            group = rows.iloc[0]
            axes.scatter([place - 0.15] * len(rows), rows["value"], s=7, color=look.colour, alpha=0.55, linewidths=0)
            axes.plot([place], [group["mean"]], color=look.colour, marker=look.marker, markersize=5, linestyle="none")
            if pd.notna(group["low"]):
                axes.vlines([place], group["low"], group["high"], color=look.colour, linewidth=1.4)
    if table["epoch"].isna().all():
        axes.set_xlim(-0.6, len(present) - 0.4)
        axes.set_xticks(range(len(present)), list(shortened(present, NAME_LETTERS).values()), rotation=90)
    _dress(axes, panel, name)


def _dress(axes: Axes, panel: Panel, name: str) -> None:
    titles = {curve.column: curve.label for curve in LOSSES}
    labels = {metric.name: f"{metric.label}\n({metric.direction_note})" for metric in VALUES}
    is_curve = name in titles
    axes.set_title(panel.title if is_curve else "", fontsize=9)
    axes.set_ylabel((titles | labels)[name].replace(" on ", "\non ").replace(" [", "\n["), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def _limit(axes: Axes, table: pd.DataFrame, metric: Metric) -> None:
    """Give a column the vertical axis that the figure of its metric would have."""
    rows = table[table["part"] == metric.name]
    logarithmic = use_log_axis(rows, metric)
    axes.set_ylim(*value_limits(rows, logarithmic=logarithmic))
    if logarithmic:
        set_log_axis(axes)


def _is_cut(table: pd.DataFrame, metric: Metric) -> bool:
    rows = table[table["part"] == metric.name]
    return len(rows) > 0 and intervals_are_cut(rows, logarithmic=use_log_axis(rows, metric))
