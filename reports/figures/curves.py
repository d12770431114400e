"""Any number by epoch: values, and below them the paired difference from the reference level."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from reports.colours import looks_of
from reports.figures.captions import count_range
from reports.figures.contract import CURVES, View, numbered
from reports.figures.curve_list import Curve, curve_named
from reports.figures.curve_list import curves as all_curves
from reports.figures.facets import MOST_PAGES, Facets, of_dataset, pages_of, panel_keys
from reports.figures.grid import (
    SMALL,
    Grid,
    add_legend,
    handle,
    legend_names,
    legend_room,
    set_log_axis,
    width_of,
)
from reports.figures.lines import (
    DIFFERENCE,
    RUNNING_MEAN,
    VALUE,
    draw_lines,
    line_points,
    trials_of,
)
from reports.figures.value_axis import difference_label, limit_effects
from reports.levels import AUGMENTATIONS, DATASET, EMBEDDING, SSL, WEIGHT
from reports.read_store import Results, Sweep
from reports.relevance import STAGE2, of_stage
from reports.statistics.specification import reference_level

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets
FIRST = (("validation_val_loss", "recon_time", "loss"), ("ssl_loss",), ("validation_prior_loss", "prior_loss"))
"""Of each group the first that there is stands in the report, all others in the appendix."""


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages for each curve that some trial has."""
    found = {curve.column: curve for curve in all_curves() if len(trials_of(results, curve))}
    first = [next((name for name in group if name in found), "") for group in FIRST]
    shown_elsewhere = {STAGE2} if EMBEDDING in results.sweep.varying else set()
    ordered = sorted(found.values(), key=lambda curve: first.index(curve.column) if curve.column in first else 9)
    return [
        view
        for curve in ordered
        for view in _views_of(
            of_stage(results, curve.stage), curve,
            appendix=curve.column not in first or curve.stage in shown_elsewhere,
        )
    ]  # fmt: skip


def _views_of(results: Results, curve: Curve, *, appendix: bool) -> list[View]:
    facets = curve_facets(results.sweep, curve)
    varying = [name for name in results.sweep.varying if name != DATASET]
    lonely = SSL in varying and SSL in curve.incomparable
    apart = [name for name in varying if name != facets.colour or (name == SSL and lonely)]
    trials = trials_of(results, curve)
    if facets.colour in trials and SSL not in curve.incomparable and trials[facets.colour].notna().any():
        trials = trials[trials[facets.colour].notna()]  # a method without a level is in the panels of all others
    keys = panel_keys(trials, results.sweep, apart)
    above = legend_room(results.sweep.factors.get(facets.colour, ()), width_of(len(keys)))
    pages = pages_of(keys, len(facets.tracks), above=above)
    return [
        View(
            figure="curves",
            **numbered(f"curves_{curve.name}", curve.label, place, len(pages)),
            subject=curve.column,
            section=CURVES,
            stage=curve.stage,
            sweep=results.sweep,
            curves=(curve.column,),
            appendix=appendix or place > MOST_PAGES,
            layout=Facets(colour=facets.colour, compared=facets.compared, tracks=facets.tracks, panels=panels),
        )
        for place, panels in enumerate(pages, start=1)
    ]


def curve_facets(sweep: Sweep, curve: Curve) -> Facets:
    """What a curve is coloured by, and what is compared: a factor across which it means the same, where there is one.

    The SSL method is the last choice: else each has panels of its own, because most losses have no common scale.
    """
    preferred = [EMBEDDING] if curve.stage == STAGE2 else []
    order = [*preferred, WEIGHT, AUGMENTATIONS, *(name for name in sweep.varying if name not in (DATASET, SSL)), SSL]
    varying = [name for name in dict.fromkeys(order) if name in sweep.varying]
    comparable = [name for name in varying if name not in curve.incomparable]
    if comparable:
        return Facets(colour=comparable[0], compared=comparable[0], tracks=(VALUE, DIFFERENCE), panels=())
    return Facets(colour=varying[0] if varying else "", tracks=(VALUE,), panels=())


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The points of a page, as line_points makes them."""
    return line_points(results, curve_named(view.subject), view.layout)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    curve, facets, sweep = curve_named(view.subject), view.layout, view.sweep
    looks = looks_of([*sweep.factors.get(facets.colour, []), *table["series"].unique()])
    shown = [name for name in looks if name in set(table["series"])]
    above = legend_room(shown, width_of(len(facets.panels)))
    grid = Grid(facets, above=above, own_axes=SSL in curve.incomparable)
    for (panel, track), axes in grid.axes.items():
        of_track = table[table["track"] == track]
        rows = of_track[of_track["panel"] == panel]
        if rows.empty:
            axes.set_visible(False)
            continue
        draw_lines(axes, rows, looks)
        if track == DIFFERENCE:
            limit_effects(axes, of_dataset(of_track, rows))
        elif curve.scale == "log" and float(of_track["low"].min()) > 0:
            set_log_axis(axes)
    grid.label_epochs()
    grid.figure.supxlabel("epoch", fontsize=SMALL)
    labels = {VALUE: curve.column + (f"\n[{curve.unit}]" if curve.unit else "")}
    if facets.compared:
        labels[DIFFERENCE] = difference_label(curve.scale, curve.unit, reference_level(sweep, facets.compared)[0])
    grid.label_tracks(labels)
    names = legend_names(list(looks), sweep.baseline.get(facets.colour))
    one_epoch = table["epoch"].nunique() == 1
    add_legend(grid.figure, [handle(looks[name], names[name], marker=one_epoch, line=looks[name].line)
                             for name in shown])  # fmt: skip
    return grid.figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    curve, facets = curve_named(view.subject), view.layout
    seeds = count_range(table.loc[table["track"] == VALUE, "n"])
    by = f", coloured by {facets.colour}" if facets.colour in view.sweep.varying else ""
    words = [f"{curve.label} by epoch{by} ({seeds})."]
    if facets.compared:
        reference, _ = reference_level(view.sweep, facets.compared)
        words.append(f"Differences are from {facets.compared} {reference}.")
    elif view.sweep.varying:
        words.append("No difference is drawn: this number does not mean the same across what varies here.")
    return " ".join([*words, *([RUNNING_MEAN] if curve.noisy else [])])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """A short description of the curves for a reader who cannot see them."""
    values = table[table["track"] == VALUE]
    last = values[values["epoch"] == values["epoch"].max()]
    epochs = int(values["epoch"].max())
    return (
        f"Line plot of {view.heading} over {epochs} epoch{'' if epochs == 1 else 's'}; "
        f"at the end the means lie from {last['value'].min():.4g} to {last['value'].max():.4g}."
    )
