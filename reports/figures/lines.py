"""Curves by epoch: the rows that are drawn, and their drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.claims.table import cells_to_compare
from reports.colours import Look
from reports.figures.curve_list import Curve
from reports.figures.facets import Facets, by_panel, is_in_some_panel, of_dataset
from reports.history import with_levels
from reports.levels import ALL, SSL
from reports.metrics import finite_values
from reports.read_store import Results
from reports.remembered import once
from reports.statistics.epochs import differences_by_epoch, means_by_epoch
from reports.statistics.scale import as_effect
from reports.statistics.specification import reference_level

VALUE, DIFFERENCE = "value", "difference"
"""Tracks of a curve."""
SMOOTHED = 0.1
RUNNING_MEAN = (
    f"Of each trial a running mean is drawn, over {SMOOTHED * 100:g} % of the epochs around each, fewer at the ends."
)


@once
def trials_of(results: Results, curve: Curve) -> pd.DataFrame:
    """The done trials that have a finite value of a curve at any epoch."""
    history = results.history
    if curve.column not in history:
        return results.done.iloc[:0]
    valued = history["trial_id"][finite_values(history, curve.column).notna() & (history["stage"] == curve.stage)]
    return results.done[results.done["trial_id"].isin(valued.unique())]


def lines_of(results: Results, curve: Curve, trials: pd.DataFrame) -> pd.DataFrame:
    """One row a trial and epoch with a finite value: trial_id, epoch, value, and the factors.

    Args:
        results: the sweep.
        curve: what is looked at.
        trials: done ones, as cells.
    """
    history = results.history
    rows = history[history["trial_id"].isin(trials["trial_id"]) & (history["stage"] == curve.stage)]
    rows = rows[["trial_id", "epoch"]].assign(value=finite_values(rows, curve.column)).dropna(subset=["value"])
    rows = with_levels(rows, trials, list(results.sweep.factors))
    if curve.noisy:
        rows = rows.sort_values(["trial_id", "epoch"])
        rows["value"] = rows.groupby("trial_id")["value"].transform(running_mean)
    return rows


def line_points(results: Results, curve: Curve, facets: Facets) -> pd.DataFrame:
    """The points of a curve in each panel.

    Returns:
        One row a setting, epoch and track of the facets: panel, title, track, series, epoch, n, value, low, high (of
        VALUE: mean, lowest and highest seed; of DIFFERENCE: the paired difference from the reference, in per cent or in
        the unit of the curve, and its 95 % interval), and the factors. A method that has no level of the factor shown
        by colour is in all panels of its dataset, as a series of its own, where the curve means the same across
        methods.
    """
    sweep, cells = results.sweep, _of_page(results, facets)
    lines = lines_of(results, curve, cells)
    settings = [name for name in sweep.group_factors if name in lines]
    parts = [means_by_epoch(lines, settings).assign(track=VALUE)]
    if DIFFERENCE in facets.tracks:
        trials = cells_to_compare(results, "loss")
        trials = trials[trials["trial_id"].isin(cells["trial_id"])]
        found = differences_by_epoch(lines, trials, sweep, facets.compared, curve.scale, results.options)
        effects = {name: as_effect(found[name], curve.scale) for name in ("difference", "low", "high")}
        parts.append(found.assign(**effects).rename(columns={"difference": "value"}).assign(track=DIFFERENCE))
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table = table.assign(series=table.get(facets.colour, ALL))
    if SSL in table and SSL not in curve.incomparable:
        alone = table["series"].isna() & table[SSL].notna()
        table = table.assign(series=table["series"].mask(alone, table[SSL]), ssl=table[SSL].mask(alone))
    table = table.assign(series=table["series"].fillna(f"no {facets.colour}"))
    return by_panel(table, facets.panels)


def _of_page(results: Results, facets: Facets) -> pd.DataFrame:
    """The done trials that the rows of a page need; what more are here is in none of its panels.

    Beside those of its panels these are, of the same datasets, those that they are compared with, and those without a
    level of the factor shown by colour.
    """
    done = results.done
    shown = is_in_some_panel(done, facets.panels)
    beside = pd.Series(False, index=done.index)
    if facets.compared in done:
        beside |= done[facets.compared] == reference_level(results.sweep, facets.compared)[0]
    if facets.colour in done:
        beside |= done[facets.colour].isna()
    return done[shown | done.index.isin(of_dataset(done[beside], done[shown]).index)]


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


def draw_lines(axes: Axes, rows: pd.DataFrame, looks: dict[str, Look]) -> None:
    """Draw curves with their bands; a single epoch as a mark with a whisker."""
    opacity = min(0.15, 0.6 / max(1, rows["series"].nunique()))
    for series, line in rows.groupby("series", sort=False):
        look = looks[str(series)]
        alone = len(line) == 1
        axes.plot(line["epoch"], line["value"], color=look.colour, linestyle=look.line, linewidth=1.1,
                  marker=look.marker if alone else "", markersize=5)  # fmt: skip
        if alone:
            axes.vlines(line["epoch"], line["low"], line["high"], color=look.colour, linewidth=1.4)
        else:
            axes.fill_between(line["epoch"], line["low"], line["high"], color=look.colour, alpha=opacity, linewidth=0)
