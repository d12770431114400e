"""A metric against the levels of the sweep: mean, 95 % interval, single seeds, baseline."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ncvq_core.metrics import Metric, metrics_by_name
from reports.colours import Look
from reports.comparable import factors_it_differs_across
from reports.figures.captions import value_alt_text as alt_text
from reports.figures.captions import value_caption as caption
from reports.figures.contract import VALUES, View
from reports.figures.names import shortened, width
from reports.figures.value_axis import is_baseline, reference_rows, use_log_axis, value_limits
from reports.intervals import summarise
from reports.metrics import finite_values, metrics_with_data
from reports.panels import (
    NAME_LETTERS,
    WEIGHT_FACTOR,
    Layout,
    add_legend,
    in_level_order,
    method_column,
    method_handles,
    method_looks,
    panel_grid,
    set_log_axis,
    split_panels,
    value_layout,
)
from reports.read_store import Results, Sweep
from reports.stages import is_compared, of_stage

DODGE = 0.16  # between methods at the same level, in units of one level
SEED_SHIFT = 0.07  # seeds stand to the left of their mean
LETTERS_ACROSS = 26  # fit below a panel side by side
LETTER_WIDTH = 0.065  # inches, of the labels below the panels


__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "view_of", "views"]

LAYOUT = Layout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """A figure of each metric that has data, that some factor can change, and that means the same across all."""
    found = [
        metric
        for metric in metrics_with_data(results.done)
        if is_compared(results, metric.stage) and not factors_it_differs_across(results, metric)
    ]
    return [view_of(of_stage(results, metric.stage), metric) for metric in found]


def view_of(results: Results, metric: Metric) -> View:
    """The figure of a metric; results are those of its stage."""
    return View(
        figure="value",
        name=f"value_{metric.name}",
        subject=metric.name,
        heading=metric.label,
        section=VALUES,
        group=metric.family,
        stage=metric.stage,
        sweep=results.sweep,
        metrics=(metric.name,),
        layout=value_layout(results.sweep),
    )


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that the figure of a metric draws.

    Returns:
        One row a done trial with a finite value: trial_id, the factors, value, and n, mean, sd, low, high of its group
        (all factors but the seed), method (of SSL), baseline (belongs to the sweep's baseline), position (its label on
        the horizontal axis; missing where aug_recon_weight has no meaning, which is drawn as a horizontal line).
    """
    sweep, done = view.sweep, results.done
    rows = done[["trial_id", *sweep.factors]].assign(value=finite_values(done, view.subject)).dropna(subset=["value"])
    rows = in_level_order(rows, sweep, list(sweep.factors))
    groups = summarise(rows, sweep.group_factors)
    made = rows.merge(groups, on=sweep.group_factors) if sweep.group_factors else rows.merge(groups, how="cross")
    return made.assign(
        method=method_column(made), baseline=is_baseline(made, sweep), position=_positions(made, view.layout)
    )


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw the table."""
    metric, sweep, layout = metrics_by_name()[view.subject], view.sweep, view.layout
    by_weight = layout.x == (WEIGHT_FACTOR,)
    side_by_side = layout.colour not in layout.x
    labels = _axis_labels(table, sweep, layout)
    looks = method_looks(sweep)
    panels = split_panels(table, sweep, layout)
    figure, all_axes = panel_grid(panels)
    logarithmic = use_log_axis(table, metric)
    on_axis = list(dict.fromkeys(table.loc[table["position"].notna(), "method"]))
    for panel, axes in zip(panels, all_axes, strict=True):
        for index, method in enumerate(on_axis):
            offset = DODGE * (index - (len(on_axis) - 1) / 2) if side_by_side else 0.0
            of_method = panel.table[panel.table["method"] == method]
            _draw_method(axes, of_method, labels, looks[method], offset, "-" if by_weight else "none")
        for method, lines in reference_rows(panel.table).groupby("method", sort=False):
            _draw_reference(axes, lines, looks[str(method)])
        axes.set_ylim(*value_limits(_of_dataset(table, panel.dataset), logarithmic=logarithmic))
        if logarithmic:
            set_log_axis(axes)
    _label_positions(figure, labels)
    direction = f"\n({metric.direction_note})" if metric.better else ""
    figure.supylabel(metric.axis_label + direction, fontsize=9, multialignment="center")
    figure.supxlabel(", ".join(layout.x), fontsize=9)
    add_legend(figure, _handles(table, sweep, joined=by_weight))
    return figure


def _positions(table: pd.DataFrame, layout: Layout) -> pd.Series[str]:
    rows = table[list(layout.x)].to_numpy(dtype=object)
    labels = ["\n".join(level for level in row if isinstance(level, str)) or None for row in rows]
    return pd.Series(labels, index=table.index, dtype="str")


def _axis_labels(table: pd.DataFrame, sweep: Sweep, layout: Layout) -> list[str]:
    """The labels of the horizontal axis in level order; every weight of the sweep has its place, drawn or not."""
    if layout.x == (WEIGHT_FACTOR,):
        return sweep.factors[WEIGHT_FACTOR]
    return list(in_level_order(table, sweep, layout.x)["position"].dropna().unique())


def _of_dataset(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    return table[table["dataset"] == dataset] if dataset else table


def _draw_method(axes: Axes, rows: pd.DataFrame, labels: list[str], look: Look, offset: float, line_style: str) -> None:
    rows = rows.dropna(subset=["position"])
    place = rows["position"].map({label: index for index, label in enumerate(labels)}).astype(float) + offset
    axes.scatter(place - SEED_SHIFT, rows["value"], s=7, color=look.colour, alpha=0.55, linewidths=0, zorder=2)
    groups = rows.assign(place=place).drop_duplicates("place").sort_values("place")
    axes.plot(
        groups["place"], groups["mean"], color=look.colour, marker=look.marker, markersize=5, linewidth=1.1,
        linestyle=line_style, zorder=3,
    )  # fmt: skip
    known = groups.dropna(subset=["low"])
    axes.vlines(known["place"], known["low"], known["high"], color=look.colour, linewidth=1.4, zorder=3)


def _draw_reference(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    group = rows.iloc[0]
    axes.axhline(group["mean"], color=look.colour, linewidth=1.1, linestyle="--", zorder=1.5)
    if pd.notna(group["low"]):
        axes.axhspan(group["low"], group["high"], color=look.colour, alpha=0.13, linewidth=0, zorder=1)
    if pd.isna(group["position"]):
        axes.scatter([-0.52] * len(rows), rows["value"], s=7, color=look.colour, alpha=0.55, linewidths=0, zorder=2)


def _handles(table: pd.DataFrame, sweep: Sweep, *, joined: bool) -> list[Line2D]:
    """The legend: a dashed line for a method that is drawn as one, else its marker, on a line where they are joined."""
    handles = method_handles(table, sweep)
    present = [method for method in method_looks(sweep) if method in set(table["method"])]
    on_axis = set(table.loc[table["position"].notna(), "method"])
    for method, handle in zip(present, handles, strict=True):
        handle.set_marker(method_looks(sweep)[method].marker if method in on_axis else "")
        handle.set_linestyle(("-" if joined else "none") if method in on_axis else "--")
    return handles


def _label_positions(figure: Figure, labels: list[str]) -> None:
    """Put the labels below all panels; where they stand upright, the figure grows so that the panels do not shrink."""
    lines = shortened([line for label in labels for line in label.split("\n")], NAME_LETTERS)
    labels = ["\n".join(lines[line] for line in label.split("\n")) for label in labels]
    longest = [max(map(width, label.split("\n"))) for label in labels]
    crowded = sum(longest) > LETTERS_ACROSS
    for axes in figure.axes:
        axes.set_xlim(-0.6, len(labels) - 0.4)
        axes.set_xticks(range(len(labels)), labels, rotation=90 if crowded else 0)
    if crowded:
        places = [axes.get_subplotspec() for axes in figure.axes]
        rows = len({place.rowspan.start for place in places if place})
        figure.set_figheight(figure.get_figheight() + rows * max(longest) * LETTER_WIDTH)
