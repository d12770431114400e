"""Mean, standard deviation and Student's t-interval of groups: DataFrame in, DataFrame out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95


def summarise(table: pd.DataFrame, by: Sequence[str], value: str = "value") -> pd.DataFrame:
    """Summarise a column over the rows of each group.

    Args:
        table: tidy rows; missing values of the column are left out.
        by: the columns that make a group; a missing level is a level of its own.
        value: the column to summarise.

    Returns:
        One row a group in order of appearance, with `by` and: n (values), mean, sd (n - 1 in the denominator), and the
        ends low and high of the 95 % t-interval of the mean, all in the unit of the column. With n = 1, sd, low and
        high are missing.
    """
    present = table.dropna(subset=[value])
    if not by:
        groups = present.assign(all="all").groupby("all")[value].agg(["count", "mean", "std"]).reset_index(drop=True)
    else:
        groups = present.groupby(list(by), sort=False, dropna=False)[value].agg(["count", "mean", "std"]).reset_index()
    groups = groups.rename(columns={"count": "n", "std": "sd"})
    half_width = t_half_width(groups["n"].to_numpy(), groups["sd"].to_numpy())
    return groups.assign(low=groups["mean"] - half_width, high=groups["mean"] + half_width)


def t_half_width(n: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Half the width of the 95 % t-interval of a mean of n values; missing where n < 2."""
    degrees = np.where(n > 1, n - 1, np.nan)
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, degrees)
    return np.asarray(quantile * sd / np.sqrt(np.where(n > 1, n, np.nan)))
