"""Two sets of runs that share no seeds, side by side: differences of means in standard errors. Nothing is pooled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

THEIRS = "_theirs"
"""Behind the columns of the other set."""
MEANS = ("metric", "n", "mean", "sd")
"""The columns of `means_of`, beside the keys."""
NEAR = 2.0
"""Means that are no more standard errors apart are said to agree."""


def means_of(rows: pd.DataFrame, keys: Sequence[str], metric: str) -> pd.DataFrame:
    """The mean of each setting.

    Args:
        rows: one a run.
        keys: the columns that make a setting; a missing level is a level.
        metric: the column of values.

    Returns:
        One row a setting that has a finite value: the keys, metric, n, mean and sd (missing of one value).
    """
    values = pd.to_numeric(rows[metric], errors="coerce").astype(float)
    kept = rows[list(keys)].assign(value=values)[np.isfinite(values)]
    found = kept.groupby(list(keys), sort=False, dropna=False)["value"].agg(n="count", mean="mean", sd="std")
    return found.reset_index().assign(metric=metric)


def put_beside(ours: pd.DataFrame, theirs: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """Settings that both have, each with the difference of the means (Welch's standard error).

    Args:
        ours: rows of `means_of`.
        theirs: the same of the other set; each setting once.
        on: the columns by which a setting of one is that of the other, beside the metric.

    Returns:
        The rows of ours that have a counterpart, in their order: n, mean and sd of that one with THEIRS behind their
        names; difference (ours less theirs), standard_error, and z (missing where either has one value, or all are
        equal): the difference in standard errors, without claim to a distribution.
    """
    wanted = theirs[[*on, *MEANS]]
    both = ours.merge(wanted, on=[*on, "metric"], how="inner", suffixes=("", THEIRS), validate="many_to_one")
    difference = both["mean"] - both[f"mean{THEIRS}"]
    error = np.sqrt(both["sd"] ** 2 / both["n"] + both[f"sd{THEIRS}"] ** 2 / both[f"n{THEIRS}"])
    return both.assign(difference=difference, standard_error=error, z=difference / error.where(error > 0))


def agreement(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """In how many settings the means agree.

    Args:
        table: of `put_beside`.
        by: the columns that make a count.

    Returns:
        One row a count: the columns, near (no more than NEAR standard errors apart) and known (settings with a z).
    """
    known = table.dropna(subset=["z"])
    counts = known.assign(near=known["z"].abs() <= NEAR).groupby(list(by), sort=False, dropna=False)["near"]
    return counts.agg(near="sum", known="count").reset_index()
