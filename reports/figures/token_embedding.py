"""Does the prior gain from a token embedding? Its loss by epoch, paired, and FID and inception score beside it."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncvq_core.metrics import metrics_by_name
from reports.colours import Look, looks_of
from reports.figures.captions import count_range, judges_of, left_out
from reports.figures.contract import EMBEDDINGS, View, numbered
from reports.figures.curve_list import curve_named
from reports.figures.facets import MOST_PAGES, PAGE_HEIGHT, PAGE_WIDTH, Facets, panel_keys, titles_of
from reports.figures.grid import (
    SMALL,
    TEXT,
    add_legend,
    dress,
    epoch_locator,
    handle,
    label_places,
    legend_names,
    set_log_axis,
)
from reports.figures.lines import (
    DIFFERENCE,
    RUNNING_MEAN,
    VALUE,
    draw_lines,
    line_points,
    trials_of,
)
from reports.figures.points import draw_points, limit_values, place_labels, room_below, value_points
from reports.figures.value_axis import difference_label, limit_effects, value_label
from reports.levels import DATASET, EMBEDDING
from reports.read_store import Results
from reports.statistics.specification import reference_level

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets
VALUES = ("fid", "is_mean")
LOSSES = ("validation_prior_loss", "prior_loss")
"""The loss on the validation part, and what is drawn where no trial has one."""
SHARED = ("codebook_finetuned", "codebook_init")
"""Embeddings that train alike and differ in what samples are decoded with."""
ROWS, ROW_HEIGHT, AROUND = 4, 1.8, 0.9


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of four rows, a row a dataset and combination of what else varies."""
    curve = next((curve for curve in map(curve_named, LOSSES) if len(trials_of(results, curve))), None)
    if EMBEDDING not in results.sweep.varying or curve is None:
        return []
    apart = [name for name in results.sweep.varying if name not in (DATASET, EMBEDDING)]
    keys = panel_keys(trials_of(results, curve), results.sweep, apart)
    pages = [tuple(keys[start : start + ROWS]) for start in range(0, len(keys), ROWS)]
    return [
        View(
            figure="token_embedding",
            **numbered("token_embedding", "Token embeddings", place, len(pages)),
            subject=curve.column,
            section=EMBEDDINGS,
            sweep=results.sweep,
            metrics=VALUES,
            curves=(curve.column,),
            appendix=place > MOST_PAGES,
            layout=Facets(
                x=EMBEDDING, colour=EMBEDDING, compared=EMBEDDING, tracks=(VALUE, DIFFERENCE, *VALUES), panels=panels
            ),
        )
        for place, panels in enumerate(pages, start=1)
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The points of a page: those of line_points for the loss, of value_points for each metric."""
    parts = [line_points(results, curve_named(view.subject), view.layout)]
    parts += [value_points(results, metrics_by_name()[name], view.layout) for name in VALUES]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a row a panel, from left to right loss, its difference, and the metrics that there are."""
    facets, sweep, titles = view.layout, view.sweep, titles_of(view.layout.panels)
    tracks = [name for name in facets.tracks if name in set(table["track"])]
    looks = looks_of(sweep.factors[EMBEDDING])
    below = room_below(sweep.factors[EMBEDDING])
    size = (PAGE_WIDTH * (0.4 + 0.6 * len(tracks) / 4), min(PAGE_HEIGHT, ROW_HEIGHT * len(titles) + AROUND + below))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(titles), len(tracks), squeeze=False, sharex="col")
    for panel, line in enumerate(grid):
        for track, axes in zip(tracks, line, strict=True):
            rows = table[(table["panel"] == panel) & (table["track"] == track)]
            _draw_part(axes, rows, view, looks, track)
            axes.set_title(titles[panel] if track == tracks[0] else "", fontsize=TEXT)
    for track, axes in zip(tracks, grid[-1], strict=True):
        axes.set_xlabel(EMBEDDING if track in VALUES else "epoch", fontsize=SMALL)
    names = legend_names(list(looks), sweep.baseline.get(EMBEDDING))
    shown = [name for name in looks if name in set(table["series"])]
    add_legend(figure, [handle(looks[name], names[name], line=looks[name].line) for name in shown])
    return figure


def _draw_part(axes: Axes, rows: pd.DataFrame, view: View, looks: dict[str, Look], track: str) -> None:
    dress(axes)
    curve = curve_named(view.subject)
    if track in VALUES:
        metric, places = metrics_by_name()[track], view.sweep.factors[EMBEDDING]
        draw_points(axes, rows, places, looks, joined=False, side_by_side=False)
        limit_values(axes, rows, metric)
        labels, upright = place_labels(places)
        label_places(axes, labels, upright=upright)
        axes.set_ylabel(value_label(metric), fontsize=SMALL)
        return
    draw_lines(axes, rows, looks)
    axes.xaxis.set_major_locator(epoch_locator())
    if track == DIFFERENCE:
        limit_effects(axes, rows)
        label = difference_label(curve.scale, curve.unit, reference_level(view.sweep, EMBEDDING)[0])
        axes.set_ylabel(label, fontsize=SMALL)
    else:
        if len(rows) and float(rows["low"].min()) > 0:
            set_log_axis(axes)
        axes.set_ylabel(f"{curve.column}\n[{curve.unit}]", fontsize=SMALL)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    curve = curve_named(view.subject)
    metrics = [metrics_by_name()[name] for name in VALUES if name in set(table["track"])]
    reference, _ = reference_level(view.sweep, EMBEDDING)
    seeds = count_range(table.loc[table["track"] == VALUE, "n"])
    words = [f"{curve.label} by epoch, and its difference from {EMBEDDING} {reference} ({seeds})"]
    words[0] += f"; {' and '.join(metric.label for metric in metrics)} of its samples." if metrics else "."
    if set(table["series"]) >= set(SHARED):
        words.append(f"{' and '.join(SHARED)} share their training, so that their curves are one.")
    smoothed = [RUNNING_MEAN] if curve.noisy else []
    judges = judges_of(metrics[0], results) if metrics else []
    return " ".join([*words, *smoothed, *judges, *left_out(results, *metrics)])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    lines = table[table["track"] == VALUE]
    last = lines[lines["epoch"] == lines["epoch"].max()]
    ends = f"{last['value'].min():.4g} to {last['value'].max():.4g}"
    return f"Curves of the prior's loss, which end at {ends}, its differences, and what its samples are worth."
