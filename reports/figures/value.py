"""Metrics against the levels of the sweep: means with whiskers of their paired difference from the reference, seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence, Set

import pandas as pd
from matplotlib.figure import Figure

from ncvq_core.metrics import FAMILIES, METRICS, metrics_by_name
from reports.claims.table import answered_metrics
from reports.comparable import factors_it_differs_across
from reports.figures.captions import RUN, SEED, TRIAL, count_range, judges_of, left_out
from reports.figures.contract import VALUES, View
from reports.figures.facets import Facets, panel_keys
from reports.figures.heat import draw_map
from reports.figures.points import (
    LINE,
    add_series_legend,
    draw_value_page,
    effect_points,
    settings_of,
    value_points,
)
from reports.figures.value_axis import value_label
from reports.figures.value_pages import layouts
from reports.levels import AUGMENTATIONS, DATASET, EMBEDDING, SSL, WEIGHT
from reports.metrics import finite_values, metrics_with_data
from reports.read_store import Results, Sweep
from reports.relevance import of_stage
from reports.statistics.specification import reference_level

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "pages", "table", "value_facets", "views"]

LAYOUT = Facets
TRACKS = 4
OF_ROBUSTNESS = ("probe_svm", "probe_knn", "recon_time", "val_loss")
"""Two probes, and what is reconstructed of series that were not trained on: those of `robustness`, in its order."""
OF_SAMPLES = {"fid", "is_mean"}
"""Those of `token_embedding`."""


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages for each family of metrics; in the appendix where another figure shows the values that were asked for.

    Where nothing that was asked for is measured, all are in the report.
    """
    found = []
    measured = {metric.name for metric in metrics_with_data(results.done)}
    asked = set(answered_metrics(results)) & measured or measured
    for family in FAMILIES:
        members = [metric for metric in METRICS if metric.family == family]
        for stage in dict.fromkeys(metric.stage for metric in members):
            names = [metric.name for metric in members if metric.stage == stage]
            seen = of_stage(results, stage)
            if (facets := value_facets(seen.sweep)) is None:
                continue
            shown = drawable(seen, names)
            here = asked - _elsewhere(seen.sweep, asked)
            for start in range(0, len(shown), TRACKS):
                part = shown[start : start + TRACKS]
                name = f"{family.split()[0].lower()}{'' if start == 0 else f'_{start // TRACKS + 1}'}"
                made = pages(seen, part, facets, figure="value", name=name, heading=family, section=VALUES)
                found += [dataclasses.replace(view, appendix=view.appendix or not here & set(part)) for view in made]
    return found


def _elsewhere(sweep: Sweep, asked: Set[str]) -> Set[str]:
    """The metrics whose values another figure of the report shows."""
    varying = set(sweep.varying)
    if WEIGHT in varying:
        return asked
    shown = OF_SAMPLES if EMBEDDING in varying else set()
    return shown | set(OF_ROBUSTNESS) if {AUGMENTATIONS, SSL} <= varying else shown


def value_facets(sweep: Sweep) -> Facets | None:
    """Where each factor goes: None where nothing but the dataset varies."""
    varying = [name for name in sweep.varying if name != DATASET]
    if not varying:
        return None
    preferred = [name for name in (WEIGHT, EMBEDDING, AUGMENTATIONS) if name in varying]
    x = (preferred or [name for name in varying if name != SSL] or varying)[0]
    colour = SSL if SSL in varying else x
    against = [name for name in sweep.baseline if name in varying]
    compared = SSL if SSL in against else (against or [colour])[0]
    return Facets(x=x, colour=colour, compared=compared, tracks=(), panels=())


def drawable(results: Results, names: Collection[str]) -> list[str]:
    """Those of some metrics that have values which mean the same across all factors."""
    found = [metric for metric in metrics_with_data(results.done) if metric.name in names]
    return [metric.name for metric in found if not factors_it_differs_across(results, metric)]


def pages(
    results: Results, names: Sequence[str], facets: Facets, *, figure: str, name: str, heading: str, section: str
) -> Iterator[View]:
    """The pages that show some metrics, one above the other; as heat maps where the panels would be many."""
    sweep, done = results.sweep, results.done
    has_any = pd.concat([finite_values(done, metric) for metric in names], axis=1).notna().any(axis=1)
    rows = done[has_any]
    apart = [factor for factor in sweep.varying if factor not in (DATASET, facets.x, facets.colour)]
    keys = panel_keys(rows, sweep, apart)
    series = rows[facets.colour].nunique()
    for page in layouts(keys, dataclasses.replace(facets, tracks=tuple(names)), sweep, series):
        for tracks in [(metric,) for metric in names] if page.facets.datasets else [tuple(names)]:
            one = f"_{tracks[0]}" if page.facets.datasets else ""
            words = f": {metrics_by_name()[tracks[0]].label}" if page.facets.datasets else ""
            yield View(
                figure=figure,
                name=f"{figure}_{name}{one}{page.suffix}".replace("__", "_").rstrip("_"),
                subject=name,
                heading=f"{heading}{words}{page.words}",
                section=section,
                stage=metrics_by_name()[tracks[0]].stage,
                sweep=sweep,
                metrics=tracks,
                appendix=page.appendix,
                layout=dataclasses.replace(page.facets, tracks=tracks),
            )


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The points of a page, as value_points makes them; of a heat map the differences, as effect_points does."""
    facets = view.layout
    if facets.datasets:
        settings = settings_of(results, metrics_by_name()[facets.tracks[0]], facets.compared)
        effects = effect_points(settings, facets, facets.tracks[0])
        return effects[effects[DATASET].isin(facets.datasets) & ~effects["is_reference"]]
    parts = [value_points(results, metrics_by_name()[name], facets) for name in facets.tracks]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    facets, metrics = view.layout, {name: metrics_by_name()[name] for name in view.layout.tracks}
    if facets.datasets:
        return draw_map(table, facets, metrics[facets.tracks[0]])
    grid = draw_value_page(table, view.sweep, facets, metrics)
    grid.label_tracks({name: value_label(metric) for name, metric in metrics.items()})
    add_series_legend(grid, table, view.sweep, facets)
    return grid.figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    facets = view.layout
    metrics = [metrics_by_name()[name] for name in facets.tracks]
    reference, _ = reference_level(view.sweep, facets.compared)
    names = ", ".join(metric.label for metric in metrics)
    unit = RUN if results.sweep.source else SEED if "seed" in results.done else TRIAL
    if facets.datasets:
        words = [f"{names}: each setting against {facets.compared} {reference}; a row a dataset, a column a setting."]
    else:
        words = [f"{names}, against {facets.x} ({count_range(table.loc[table['mark'] != 'seed', 'n'], unit)})."]
        if (table["mark"] == LINE).any():
            lines = ", ".join(table.loc[table["mark"] == LINE, "series"].unique())
            words.append(f"Dashed line: {lines}.")
        if table["low"].notna().any():
            words.append(f"Whiskers: paired difference from {facets.compared} {reference}.")
        else:
            words.append("No whisker: no setting has two pairs.")
    judged = next((metric for metric in metrics if metric.judged), metrics[0])
    return " ".join([*words, *judges_of(judged, results), *left_out(results, *metrics)])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs: the range of each metric."""
    means = table[table["mark"] != "seed"]
    shown = table if means.empty else means
    ranges = [f"{name} from {rows['value'].min():.4g} to {rows['value'].max():.4g}"
              for name, rows in shown.groupby("track", sort=False)]  # fmt: skip
    return f"{view.heading}: {', '.join(ranges)}. All numbers are in the table of means."
