"""Curves: the mean of each setting at each epoch, and its paired difference from the reference."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reports.intervals import t_half_width
from reports.statistics.pairs import make_pairs
from reports.statistics.scale import on_scale
from reports.statistics.specification import RAW, Design, MetricSpec, Options, Scale

DONE = "is done"
_SPEC = MetricSpec(name=DONE, scale=RAW)


def means_by_epoch(lines: pd.DataFrame, settings: Sequence[str]) -> pd.DataFrame:
    """Mean and range over the seeds.

    Args:
        lines: one row a trial and epoch: the factors, epoch, value.
        settings: the factors that make a setting.

    Returns:
        One row a setting and epoch: n, value (mean), low and high (the lowest and the highest seed).
    """
    grouped = lines.groupby([*settings, "epoch"], sort=True, dropna=False)["value"]
    return grouped.agg(n="count", value="mean", low="min", high="max").reset_index()


def differences_by_epoch(
    lines: pd.DataFrame, trials: pd.DataFrame, design: Design, factor: str, scale: Scale, options: Options
) -> pd.DataFrame:
    """The paired difference of each setting from the one with the reference level of a factor, at each epoch.

    Args:
        lines: one row a trial and epoch: trial_id, epoch, value.
        trials: as for compare.
        design: factors and baseline of the sweep.
        factor: the factor whose levels are compared.
        scale: that on which the difference is taken.
        options: whether trials of other conditions are compared.

    Returns:
        One row a setting and epoch with a pair, the factors among them; on the scale: n (seeds), difference (mean over
        the seeds), low and high (its 95 % t-interval, missing with one seed).
    """
    done = trials.assign(**{DONE: 1.0})
    pairs = make_pairs(done, design, _SPEC, factor, options).dropna(subset=["difference"])
    settings = [name for name in design.factors if name != "seed" and name in trials]
    y = lines.assign(y=on_scale(lines["value"], scale)["y"])[["trial_id", "epoch", "y"]].dropna()
    joined = pairs[["trial_id", "trial_id_reference", "seed"]].merge(y, on="trial_id")
    joined = joined.merge(y.rename(columns={"trial_id": "trial_id_reference", "y": "y_reference"}),
                          on=["trial_id_reference", "epoch"])  # fmt: skip
    joined = joined.merge(trials[["trial_id", *settings]], on="trial_id")
    joined = joined.assign(difference=joined["y"] - joined["y_reference"])
    by_seed = joined.groupby([*settings, "epoch", "seed"], dropna=False)["difference"].mean().reset_index()
    grouped = by_seed.groupby([*settings, "epoch"], sort=True, dropna=False)["difference"]
    table = grouped.agg(n="size", difference="mean", sd="std").reset_index()
    half = t_half_width(table["n"].to_numpy(dtype=float), table["sd"].to_numpy(dtype=float))
    return table.assign(low=table["difference"] - half, high=table["difference"] + half).drop(columns="sd")
