"""The value of each setting, and its paired difference from the reference: what figures of single settings draw.

A setting is what shares the levels of all factors but the seed. Nothing is tested here: verdicts are made by `compare`,
in families.
"""

from __future__ import annotations

import pandas as pd

from reports.intervals import t_half_width
from reports.statistics.conditions import largest_condition
from reports.statistics.pairs import cells_of_any, make_pairs
from reports.statistics.specification import Design, MetricSpec, Options, reference_level

COLUMNS = ("n", "y", "n_pairs", "difference", "low", "high", "around")


def table_of_settings(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None
) -> pd.DataFrame:
    """Estimate each setting, and how it differs from the one that has the reference level of a factor instead.

    Args:
        trials: as for compare.
        design: factors and baseline of the sweep.
        metric: the metric and its scale.
        factor: the factor of which levels are paired with its reference level.
        options: whether trials of other conditions are used.

    Returns:
        One row a dataset and setting that has a value: dataset, the factors, and on the scale of the metric: n (seeds),
        y (their mean), n_pairs (seeds of which it has a pair), difference (mean over these seeds of value − reference),
        low and high (the 95 % t-interval of the difference, missing with fewer than two), around (the mean of all
        seeds of the reference; missing without a pair and for the reference itself). One difference of several settings
        that share a reference trial is the mean over these.
    """
    cells, _ = cells_of_any(trials, design, metric)
    if not (options and options.pool):
        cells = of_one_condition(cells)
    keys = ["dataset", *(name for name in design.factors if name not in ("dataset", "seed") and name in cells)]
    valued = cells.dropna(subset=["y"])
    made = valued.groupby(keys, sort=False, dropna=False)["y"].agg(n="size", y="mean").reset_index()
    kept = trials[trials["trial_id"].astype("str").isin(valued["trial_id"])]
    differences = _differences(kept, valued, design, metric, factor, options)
    found = differences.merge(valued[["trial_id", *keys, "seed"]], on="trial_id")
    reference, _ = reference_level(design, factor)
    rows = found[found[factor] != reference] if factor in found else found.iloc[:0]
    by_seed = rows.groupby([*keys, "seed"], sort=False, dropna=False)[["difference", "around"]].mean().reset_index()
    return made.merge(_estimates(by_seed, keys), on=keys, how="left")[[*keys, *COLUMNS]]


def of_one_condition(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of each dataset without the values of those that ran under other conditions than most."""
    names = [name for name in cells.columns if name.startswith("is ")]
    joined = ["\n".join(row) for row in cells[names].to_numpy(dtype=object)]
    condition = pd.Series(joined, index=cells.index, dtype="str")
    kept = largest_condition(condition, cells["dataset"], cells["y"].notna())
    return cells.assign(y=cells["y"].where(condition == kept))


def _differences(
    trials: pd.DataFrame, cells: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None
) -> pd.DataFrame:
    """The valid pairs: trial_id, difference, and around, the mean over all seeds of the setting of the reference."""
    pairs = make_pairs(trials, design, metric, factor, options)
    pairs = pairs.dropna(subset=["difference"])
    settings = [name for name in design.factors if name != "seed" and name in cells]
    means = cells.groupby(["dataset", *(name for name in settings if name != "dataset")], dropna=False)["y"]
    around = pd.Series(means.transform("mean").to_numpy(), index=cells["trial_id"])
    return pairs[["trial_id", "difference"]].assign(around=pairs["trial_id_reference"].map(around))


def _estimates(by_seed: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """n_pairs, difference, low, high and around of each setting, from one difference a seed."""
    grouped = by_seed.groupby(keys, sort=False, dropna=False)
    table = grouped["difference"].agg(n_pairs="size", difference="mean", sd="std").reset_index()
    n = table["n_pairs"].to_numpy(dtype=float)
    half = t_half_width(n, table["sd"].to_numpy(dtype=float))
    around = grouped["around"].mean().to_numpy()
    return table.assign(low=table["difference"] - half, high=table["difference"] + half, around=around).drop(
        columns="sd"
    )
