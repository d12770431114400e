"""Curves by epoch: the rows that are drawn, and their drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from orchestrator.store.status import Status
from reports.claims.table import cells_to_compare
from reports.colours import Look
from reports.figures.curve_list import Curve
from reports.figures.facets import Facets, by_panel
from reports.levels import ALL, SSL
from reports.metrics import finite_values
from reports.read_store import Results
from reports.statistics.epochs import differences_by_epoch, means_by_epoch
from reports.statistics.scale import as_effect

VALUE, DIFFERENCE = "value", "difference"
"""Tracks of a curve."""
SMOOTHED = 0.1
RUNNING_MEAN = (
    f"Of each trial a running mean is drawn, over {SMOOTHED * 100:g} % of the epochs around each, fewer at the ends."
)


def lines_of(results: Results, curve: Curve) -> pd.DataFrame:
    """One row a done trial and epoch with a finite value: the columns of the history and value."""
    rows = results.history[results.history["stage"] == curve.stage]
    rows = rows.assign(value=finite_values(rows, curve.column)).dropna(subset=["value"])
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
    sweep, lines = results.sweep, lines_of(results, curve)
    settings = [name for name in sweep.group_factors if name in lines]
    parts = [means_by_epoch(lines, settings).assign(track=VALUE)]
    if DIFFERENCE in facets.tracks:
        trials = cells_to_compare(results, "loss")
        trials = trials[trials["status"] == Status.DONE]
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
