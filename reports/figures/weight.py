"""Does aug_recon_weight matter? The paired difference of each weight from the smallest, and the values below it.

The study's Figure 1 draws the values alone.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ncvq_core.metrics import Metric, metrics_by_name
from reports.claims.table import answered_metrics, spec_of
from reports.figures.captions import count_range, judges_of, left_out
from reports.figures.contract import WEIGHTS, View
from reports.figures.facets import Facets, of_dataset, panel_keys
from reports.figures.heat import draw_map
from reports.figures.points import (
    add_series_legend,
    draw_points,
    draw_value_page,
    effect_points,
    looks_of_series,
    places_of,
    settings_of,
    value_points,
)
from reports.figures.value_axis import difference_label, limit_effects, value_label
from reports.figures.value_pages import layouts
from reports.levels import DATASET, SSL, WEIGHT
from reports.metrics import finite_values, metrics_with_data
from reports.read_store import Results
from reports.relevance import of_stage
from reports.statistics.scale import as_effect, effect_unit, margin_on_scale
from reports.statistics.specification import reference_level

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets
DIFFERENCE = "difference"


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages for each metric that means the same across weights; of those not asked for in the appendix."""
    found = []
    for metric in metrics_with_data(results.done):
        seen = of_stage(results, metric.stage)
        if WEIGHT in seen.sweep.varying and WEIGHT not in metric.incomparable:
            found += _views_of(seen, metric, asked=metric.name in answered_metrics(results))
    return found


def _views_of(results: Results, metric: Metric, *, asked: bool) -> list[View]:
    sweep = results.sweep
    alone = SSL in metric.incomparable and SSL in sweep.varying
    apart = [name for name in sweep.varying if name not in (DATASET, WEIGHT) and (alone or name != SSL)]
    done = results.done[finite_values(results.done, metric.name).notna()]
    keys = panel_keys(done[done[WEIGHT].notna()], sweep, apart)
    facets = Facets(x=WEIGHT, colour=SSL, compared=WEIGHT, tracks=(DIFFERENCE, metric.name), panels=())
    pages = layouts(keys, facets, sweep, series=done.loc[done[WEIGHT].notna(), SSL].nunique() if SSL in done else 1)
    return [
        View(
            figure="weight",
            name=f"weight_{metric.name}{page.suffix}",
            subject=metric.name,
            heading=f"{metric.label} by {WEIGHT}{page.words}",
            section=WEIGHTS,
            stage=metric.stage,
            sweep=sweep,
            metrics=(metric.name,),
            appendix=page.appendix or not asked,
            layout=page.facets,
        )
        for page in pages
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The points of a page.

    Returns:
        The columns of value_points; track is "difference" (value, low and high are the paired difference from the
        smallest weight with its 95 % interval, in per cent or in the unit of the metric) or the metric.
    """
    metric, facets = metrics_by_name()[view.subject], view.layout
    margin = margin_on_scale(spec_of(metric, view.sweep.margins).margin, metric.scale)
    ends = as_effect(pd.Series([-margin, margin]), metric.scale)
    effects = effect_points(settings_of(results, metric, WEIGHT), facets, DIFFERENCE)
    effects = effects.assign(margin_low=ends[0], margin_high=ends[1])
    if facets.datasets:
        return effects[effects[DATASET].isin(facets.datasets) & ~effects["is_reference"]]
    points = value_points(results, metric, facets).assign(low=float("nan"), high=float("nan"))
    return pd.concat([part for part in (effects, points) if len(part)] or [effects], ignore_index=True)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: differences above, values below."""
    metric, facets, sweep = metrics_by_name()[view.subject], view.layout, view.sweep
    if facets.datasets:
        return draw_map(table, facets, metric)
    grid = draw_value_page(table, sweep, facets, {metric.name: metric})
    looks = looks_of_series(sweep, facets)
    for (panel, track), axes in grid.axes.items():
        if track == DIFFERENCE:
            rows = table[(table["panel"] == panel) & (table["track"] == track)]
            draw_points(axes, rows, places_of(sweep, facets), looks, joined=True, side_by_side=True)
            if len(rows):
                ends = (float(rows["margin_low"].iloc[0]), float(rows["margin_high"].iloc[0]))
                limit_effects(axes, of_dataset(table[table["track"] == track], rows), ends)
    smallest, _ = reference_level(sweep, WEIGHT)
    grid.label_tracks({
        DIFFERENCE: difference_label(metric.scale, metric.unit, smallest), metric.name: value_label(metric)
    })  # fmt: skip
    add_series_legend(grid, table, sweep, facets)
    return grid.figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    metric = metrics_by_name()[view.subject]
    smallest, _ = reference_level(view.sweep, WEIGHT)
    seeds = count_range(table.loc[table["mark"] == "mean", "n"])
    if view.layout.datasets:
        words = f"{metric.label}: each weight against {smallest}; a row a dataset, a column a setting ({seeds})."
    else:
        words = f"{metric.label} against {WEIGHT}. Above: difference from {smallest}; below: values ({seeds})."
    return " ".join([words, *judges_of(metric, results), *left_out(results, metric)])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs: how far the differences reach."""
    rows = table[(table["track"] == DIFFERENCE) & (table["place"] != reference_level(view.sweep, WEIGHT)[0])]
    metric = metrics_by_name()[view.subject]
    if rows.empty:
        return f"{view.heading}: no weight has a pair yet."
    unit = effect_unit(metric.scale) or metric.unit
    return f"{view.heading}: differences from {rows['value'].min():+.3g} to {rows['value'].max():+.3g} {unit}".rstrip()
