"""Settings as points: a mark for the mean, a whisker for its paired difference from the reference, the single seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ncvq_core.metrics import Metric
from reports.beside import beside_of
from reports.claims.table import cells_to_compare, spec_of
from reports.colours import Look, looks_of
from reports.figures.facets import Facets, by_panel, of_dataset
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
from reports.figures.names import inches, shortened, width
from reports.figures.value_axis import use_log_axis, value_limits
from reports.levels import ALL, WEIGHT, in_level_order
from reports.metrics import finite_values
from reports.read_store import Results, Sweep
from reports.remembered import once
from reports.statistics.beside import THEIRS
from reports.statistics.scale import as_effect, from_scale
from reports.statistics.settings import table_of_settings
from reports.statistics.specification import reference_level

MEAN, SEED, LINE, OTHER = "mean", "seed", "line", "other"
"""Kinds of point: a setting, one of its trials, a setting that is a horizontal line, and what another sweep has of one.
"""

ORDERED = (WEIGHT,)
"""Factors on the horizontal axis whose levels are numbers, so that a line may join them."""
DODGE, SEED_SHIFT = 0.16, 0.07  # between series at one place, and of seeds from their mean, in places, at most
ROOM = 0.84  # of a place, for all of its series
HOLLOW: dict[str, Any] = {"linestyle": "none", "markersize": 7, "markerfacecolor": "none", "markeredgewidth": 1.1}
"""How marks of another sweep look: larger than ours, so that both are seen where they agree."""
LETTERS_ACROSS, NAME_LETTERS = 26, 24
"""How many letters fit below a panel side by side, and the longest name."""


@once
def settings_of(results: Results, metric: Metric, compared: str) -> pd.DataFrame:
    """The settings of a sweep, in the unit of the metric.

    Returns:
        One row a dataset and setting that has a value, in the order of the levels: the factors, n (seeds), value (the
        mean: of logarithms where the metric is compared by ratios), low and high (the ends of the 95 % interval of the
        paired difference from the reference level of `compared`, from that one's mean on; missing where there is none),
        is_reference, and effect, effect_low, effect_high (the difference, in per cent or in the unit of the metric).
    """
    sweep, spec = results.sweep, spec_of(metric, results.sweep.margins)
    trials = cells_to_compare(results, metric.name)
    table = table_of_settings(trials, sweep, spec, compared, results.options)
    reference, _ = reference_level(sweep, compared)
    paired = table["around"].notna()
    made = table.assign(
        value=from_scale((table["around"] + table["difference"]).where(paired, table["y"]), metric.scale),
        low=from_scale(table["around"] + table["low"], metric.scale),
        high=from_scale(table["around"] + table["high"], metric.scale),
        effect=as_effect(table["difference"], metric.scale),
        effect_low=as_effect(table["low"], metric.scale),
        effect_high=as_effect(table["high"], metric.scale),
        is_reference=table[compared] == reference,
    )
    return in_level_order(made, sweep, [name for name in sweep.group_factors if name in made])


def value_points(results: Results, metric: Metric, facets: Facets) -> pd.DataFrame:
    """The points of a metric in each panel.

    Returns:
        One row a point: panel, title, track (the metric), series (the level shown by colour), place (the level on the
        horizontal axis; missing where it has no meaning), mark (MEAN, SEED, or LINE: what has no place, and a reference
        that is the only one of its panel and all of its series), n, value, low, high, trial_id (of a seed), and the
        factors.
    """
    settings = settings_of(results, metric, facets.compared).assign(mark=MEAN)
    done = results.done
    kept = [name for name in ("dataset", *results.sweep.factors) if name in done]
    seeds = done[["trial_id", *dict.fromkeys(kept)]].assign(value=finite_values(done, metric.name), mark=SEED)
    table = pd.concat([settings, seeds.dropna(subset=["value"])], ignore_index=True)
    table = by_panel(with_places(table, facets), facets.panels).assign(track=metric.name)
    means = table[table["mark"] == MEAN]
    references = means[means["is_reference"].astype("boolean").fillna(False)]
    whole = ~means.duplicated(["panel", "series"], keep=False).reindex(references.index)
    alone = references[~references["panel"].duplicated(keep=False) & whole]
    off_axis = means[means["place"].isna()]
    lines = pd.concat([off_axis, alone]).drop_duplicates(["panel", "series"])
    return pd.concat([table.drop(off_axis.index), lines.assign(mark=LINE)], ignore_index=True)


def other_points(results: Results, metric: Metric, facets: Facets) -> pd.DataFrame:
    """The means that another sweep has of the same settings: rows of value_points with its name in `whose`.

    What has no place on the horizontal axis is at its left edge, where the line of ours begins.
    """
    rows = beside_of(results, metric, metric.scale)
    if results.beside is None or rows.empty:
        return rows.iloc[:0]
    own = [name for name in results.sweep.group_factors if name in rows]
    points = rows[own].assign(
        value=from_scale(rows[f"mean{THEIRS}"], metric.scale), mark=OTHER, whose=results.beside.results.sweep.name
    )
    return by_panel(with_places(points, facets), facets.panels).assign(track=metric.name)


def others_in(table: pd.DataFrame) -> list[str]:
    """The names of other sweeps that have points in a table."""
    return list(table["whose"].dropna().unique()) if "whose" in table else []


def with_places(table: pd.DataFrame, facets: Facets) -> pd.DataFrame:
    """The rows with series (their level of the factor shown by colour) and place (that on the horizontal axis)."""
    series = table[facets.colour].fillna(ALL) if facets.colour in table else ALL
    return table.assign(series=series, place=table[facets.x])


def places_of(sweep: Sweep, facets: Facets) -> list[str]:
    """The levels on the horizontal axis, drawn or not, but those that are always a line."""
    return list(sweep.factors[facets.x])


def place_labels(levels: Sequence[str]) -> tuple[list[str], bool]:
    """What stands below the places, and whether it stands upright, because side by side it does not fit."""
    labels = list(shortened(levels, NAME_LETTERS).values())
    return labels, sum(map(width, labels)) > LETTERS_ACROSS


def room_below(levels: Sequence[str]) -> float:
    """What the labels of places need beyond one line, in inches."""
    labels, upright = place_labels(levels)
    return max(map(inches, labels)) if upright else 0.0


def draw_points(
    axes: Axes, rows: pd.DataFrame, places: Sequence[str], looks: dict[str, Look], *, joined: bool, side_by_side: bool
) -> None:
    """Draw the points of one panel and track.

    Args:
        axes: where.
        rows: what value_points makes, of one panel and track.
        places: the levels on the horizontal axis.
        looks: of each series.
        joined: whether a line joins the means of a series, because the places have an order.
        side_by_side: whether the series of one place stand beside each other; not where each place has its own.
    """
    present = [series for series in looks if series in set(rows.loc[rows["mark"] == MEAN, "series"])]
    step = min(DODGE, ROOM / max(1, len(present))) if side_by_side else DODGE
    for series, look in looks.items():
        of_series = rows[rows["series"] == series]
        middle = (len(present) - 1) / 2
        shift = step * (present.index(series) - middle) if side_by_side and series in present else 0.0
        at = of_series["place"].map({level: place for place, level in enumerate(places)}).astype(float) + shift
        of_series = of_series.assign(at=at.fillna(-0.47))
        seeds = of_series[of_series["mark"] == SEED]
        axes.scatter(
            seeds["at"] - min(SEED_SHIFT, step / 2), seeds["value"], s=7, color=look.colour, alpha=0.55, linewidths=0
        )
        means = of_series[of_series["mark"] == MEAN].sort_values("at")
        style = look.line if joined and len(means) > 1 else "none"
        axes.plot(means["at"], means["value"], color=look.colour, marker=look.marker, markersize=5, linewidth=1.1,
                  linestyle=style, zorder=3)  # fmt: skip
        known = means.dropna(subset=["low"])
        axes.vlines(known["at"], known["low"], known["high"], color=look.colour, linewidth=1.4, zorder=3)
        others = of_series[of_series["mark"] == OTHER]
        if len(others):  # an empty line that is not clipped has no place, and no layout
            axes.plot(
                others["at"], others["value"], color=look.colour, marker=look.marker, zorder=4, clip_on=False, **HOLLOW
            )
        for value in of_series.loc[of_series["mark"] == LINE, "value"]:
            axes.axhline(value, color=look.colour, linewidth=1.1, linestyle="--", zorder=1.5)


def draw_value_page(table: pd.DataFrame, sweep: Sweep, facets: Facets, metrics: dict[str, Metric]) -> Grid:
    """Draw a page of points, of which each track is a metric; the caller adds what else there is, and the legend."""
    places = places_of(sweep, facets)
    labels, upright = place_labels(places)
    looks = looks_of_series(sweep, facets)
    shown = [name for name in looks if name in set(table["series"])]
    grid = Grid(facets, room_below(places), legend_room(shown, width_of(len(facets.panels))))
    for (panel, track), axes in grid.axes.items():
        if track not in metrics:
            continue
        rows = table[(table["panel"] == panel) & (table["track"] == track)]
        draw_points(axes, rows, places, looks, joined=facets.x in ORDERED, side_by_side=facets.x != facets.colour)
        limit_values(axes, of_dataset(table[table["track"] == track], rows), metrics[track])
    grid.label_places(labels, upright=upright)
    grid.figure.supxlabel(facets.x, fontsize=SMALL)
    return grid


def limit_values(axes: Axes, rows: pd.DataFrame, metric: Metric) -> None:
    """Give axes the ends that all rows need, logarithmic where the metric asks for it."""
    if rows.empty:
        return
    logarithmic = use_log_axis(rows, metric)
    axes.set_ylim(*value_limits(rows, logarithmic=logarithmic))
    if logarithmic:
        set_log_axis(axes)


def looks_of_series(sweep: Sweep, facets: Facets) -> dict[str, Look]:
    """The look of every level of the factor shown by colour, also of those that a page lacks."""
    return looks_of([*sweep.factors.get(facets.colour, []), ALL])


def add_series_legend(grid: Grid, table: pd.DataFrame, sweep: Sweep, facets: Facets) -> None:
    """A legend of the series that the page has: a dashed line for one that is a line alone."""
    looks = looks_of_series(sweep, facets)
    names = legend_names(list(looks), sweep.baseline.get(facets.colour))
    on_axis = set(table.loc[table["mark"] == MEAN, "series"])
    joined = facets.x in ORDERED
    handles = []
    for series in (name for name in looks if name in set(table["series"])):
        line = looks[series].line if joined else "none"
        own = handle(looks[series], names[series], marker=series in on_axis, line=line if series in on_axis else "--")
        handles.append(own)
    handles += [
        Line2D([], [], color="0.3", marker="o", label=f"{whose} (imported)", **HOLLOW) for whose in others_in(table)
    ]
    add_legend(grid.figure, handles)


def effect_points(settings: pd.DataFrame, facets: Facets, track: str) -> pd.DataFrame:
    """The paired difference of each setting from the reference as points; 0 for the reference itself."""
    effect = settings["effect"].mask(settings["is_reference"], 0.0)
    points = settings.assign(value=effect, low=settings["effect_low"], high=settings["effect_high"], mark=MEAN)
    points = with_places(points.dropna(subset=["value"]), facets).dropna(subset=["place"])
    points = points.assign(bold=(points["low"] > 0) | (points["high"] < 0))
    return by_panel(points, facets.panels).assign(track=track)
