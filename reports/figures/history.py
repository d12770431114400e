"""Training curves: a loss by epoch, mean and range over the seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.colours import shade
from reports.figures.captions import count_range, facets
from reports.figures.contract import CURVES as SECTION
from reports.figures.contract import View
from reports.panels import (
    Layout,
    add_legend,
    add_side_legend,
    history_layout,
    in_level_order,
    method_column,
    method_handles,
    method_looks,
    panel_grid,
    set_epoch_axis,
    set_log_axis,
    split_panels,
)
from reports.read_store import Results
from reports.stages import of_stage


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One column of the history of one stage."""

    stage: str
    """As in the store."""
    column: str
    """The column of the history."""
    label: str
    """What the axis says."""
    noisy: bool = False
    """Drawn as a running mean over about a share SMOOTHED of the epochs."""

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.stage}_{self.column}"


SMOOTHED = 0.1
RUNNING_MEAN = (
    f"Of each trial a running mean is drawn, over {SMOOTHED * 100:g} % of the epochs around each, fewer at the ends."
)

CURVES = (
    Curve(stage="stage1", column="loss", label="Training loss, stage 1"),
    Curve(stage="stage1", column="ssl_loss", label="SSL loss, stage 1"),
    Curve(stage="stage2", column="prior_loss", label="Prior loss in training [nats/token]", noisy=True),
    Curve(stage="stage2", column="validation_prior_loss", label="Prior loss on the validation part [nats/token]"),
)


CURVE_BY_NAME = {curve.name: curve for curve in CURVES}

LAYOUT = Layout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """A figure of each curve."""
    return [view_of(of_stage(results, curve.stage), curve) for curve in CURVES]


def view_of(results: Results, curve: Curve) -> View:
    """The figure of a curve; results are those of its stage."""
    return View(
        figure="history",
        name=f"history_{curve.name}",
        subject=curve.name,
        heading=curve.label,
        section=SECTION,
        group=curve.stage,
        stage=curve.stage,
        sweep=results.sweep,
        curves=(curve.column,),
        layout=history_layout(results.sweep, curve.stage),
    )


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that the figure of a curve draws.

    Returns:
        One row a group (all factors but the seed) and epoch, over the done trials with a finite value there: the
        factors, method, epoch, n (trials), mean, minimum and maximum, of running means where the curve is noisy; empty
        where the store has no such curve.
    """
    sweep, curve = view.sweep, CURVE_BY_NAME[view.subject]
    rows = results.history[results.history["stage"] == curve.stage]
    values = pd.to_numeric(rows[curve.column], errors="coerce").astype(float)
    rows = rows.assign(value=values.where(np.isfinite(values))).dropna(subset=["value"])
    if curve.noisy:
        rows = rows.sort_values(["trial_id", "epoch"])
        rows["value"] = rows.groupby("trial_id")["value"].transform(running_mean)
    grouped = rows.groupby([*sweep.group_factors, "epoch"], sort=True, dropna=False)["value"]
    made = grouped.agg(n="count", mean="mean", minimum="min", maximum="max").reset_index()
    made = in_level_order(made, sweep, sweep.group_factors)
    return made.assign(method=method_column(made, view.layout.colour))


def running_mean(values: pd.Series[float]) -> np.ndarray:
    """The mean of SMOOTHED of a trial's epochs around each epoch.

    Behind the first epochs it reaches no further ahead than back, so that the curve still starts where the loss does;
    at the end, where the loss is flat, it takes what is left.
    """
    reach = int(SMOOTHED * len(values) / 2)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    back = np.minimum(places, reach)
    ahead = np.minimum(places[::-1], back)
    return np.asarray((sums[places + ahead + 1] - sums[places - back]) / (ahead + 1 + back))


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw the table."""
    curve, sweep, layout = CURVE_BY_NAME[view.subject], view.sweep, view.layout
    looks = method_looks(sweep, layout.colour)
    levels = sweep.factors[layout.shade] if layout.shade else []
    panels = split_panels(table, sweep, layout)
    figure, all_axes = panel_grid(panels)
    for panel, axes in zip(panels, all_axes, strict=True):
        rows = panel.table.assign(level=_shade_level(panel.table, layout))
        for (method, level), line in rows.groupby(["method", "level"], sort=False):
            colour, style = looks[str(method)].colour, looks[str(method)].line
            if level in levels:
                colour = shade(colour, levels.index(str(level)), len(levels))
            axes.plot(line["epoch"], line["mean"], color=colour, linestyle=style, linewidth=1.1)
            axes.fill_between(line["epoch"], line["minimum"], line["maximum"], color=colour, alpha=0.2, linewidth=0)
        set_epoch_axis(axes)
        if float(table["minimum"].min()) > 0:
            set_log_axis(axes)
    figure.supylabel(curve.label, fontsize=9)
    figure.supxlabel("epoch", fontsize=9)
    add_legend(figure, method_handles(table, sweep, layout.colour))
    if layout.shade:
        add_side_legend(figure, _shade_handles(levels), layout.shade)
    return figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """The caption of the figure of a curve."""
    curve, layout = CURVE_BY_NAME[view.subject], view.layout
    shade = f"; a fuller colour is a larger {layout.shade}" if layout.shade else ""
    band = (
        f"band: lowest to highest seed ({count_range(table['n'])})"
        if (table["n"] > 1).any()
        else "one seed each, no band"
    )
    smoothed = f" {RUNNING_MEAN}" if curve.noisy else ""
    return (
        f"{curve.label} by epoch; {facets(results, layout)}{shade}. Line: mean over the seeds; {band}.{smoothed} "
        "Only done trials are drawn."
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """A short description of the curves for a reader who cannot see them."""
    last = table[table["epoch"] == table["epoch"].max()]
    return (
        f"Line plot of {view.heading} over {int(table['epoch'].max())} epochs; "
        f"at the end the means lie from {last['mean'].min():.4g} to {last['mean'].max():.4g}."
    )


def _shade_level(table: pd.DataFrame, layout: Layout) -> pd.Series[str]:
    return table[layout.shade].fillna("") if layout.shade else pd.Series("", index=table.index)


def _shade_handles(levels: list[str]) -> list[Line2D]:
    grey = (0.25, 0.25, 0.25)
    return [
        Line2D([], [], color=shade(grey, index, len(levels)), linewidth=4, label=level)
        for index, level in enumerate(levels)
    ]
