"""Does an effect go with a property of the dataset? Rank correlation over datasets, for datasets like these.

The datasets are the sample, so that more seeds do not answer it. With few of them p is that of all permutations; the
interval is Fisher's with the variance of Bonett and Wright (Psychometrika 65, 2000).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from reports.statistics.association import OPEN, OPPOSED, ROUNDING, TOGETHER, UNSAID
from reports.statistics.family import holm
from reports.statistics.inference import ALPHA

Floats = NDArray[np.float64]

MOST_PERMUTED = 8
"""Datasets of which all orders are counted; with more of them Student's t is as good."""
FEWEST_FOR_INTERVAL = 4

COLUMNS = ("level", "property", "rho", "low", "high", "p", "p_adjusted", "tests", "n_datasets", "verdict", "reason")


def moderation(effects: pd.DataFrame, properties: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Correlate the effects of each level with each property: one family of tests (rule 6).

    Args:
        effects: one row a level and dataset: level, dataset, effect.
        properties: one row a dataset, whose name is the index; a column a property, missing where it is undefined.
        names: the properties to look at.

    Returns:
        COLUMNS, one row a level and property: rho; low and high, the 95 % interval, not adjusted; p, p_adjusted (Holm),
        tests (in the family), verdict, reason (why nothing can be said: then all of these are missing).
    """
    found = []
    for level, rows in effects.groupby("level", sort=False):
        for name in names:
            both = rows.assign(value=rows["dataset"].map(properties[name])).dropna(subset=["effect", "value"])
            found.append({"level": level, "property": name, **_correlated(both["value"], both["effect"])})
    table = pd.DataFrame(found)
    tests = int(table["reason"].isna().sum())
    few = table["reason"].isna() & (table["n_datasets"] < datasets_needed(tests))
    table["reason"] = table["reason"].mask(few, [_too_few(count, tests) for count in table["n_datasets"]])
    said = table["reason"].isna()
    table.loc[~said, ["rho", "low", "high", "p"]] = np.nan
    adjusted = pd.Series(np.nan, index=table.index)
    if said.any():
        adjusted[said] = holm(table.loc[said, "p"].to_list())
    table = table.assign(p_adjusted=adjusted, tests=tests)
    return table.assign(verdict=[_verdict(row) for row in table.to_dict("records")])[list(COLUMNS)]


def datasets_needed(tests: int) -> int:
    """The fewest datasets of which an order can be so rare that one of so many tests rejects: tests · 2/D! ≤ 0.05."""
    count = 2
    while max(1, tests) * 2 / math.factorial(count) > ALPHA:
        count += 1
    return count


def _too_few(count: int, tests: int) -> str:
    return f"{count} datasets cannot show it: {tests} tests, {datasets_needed(tests)} needed"


def _correlated(x: pd.Series, y: pd.Series) -> dict[str, object]:
    row: dict[str, object] = {"rho": float("nan"), "low": float("nan"), "high": float("nan"), "p": float("nan")}
    row |= {"n_datasets": len(x), "reason": None}
    if len(x) < 2:
        return row | {"reason": "fewer than two datasets"}
    for values, name in ((x, "equal"), (y, "equal effects")):
        if values.nunique() < 2:
            return row | {"reason": f"{name} on all datasets"}
    rho = float(stats.spearmanr(x, y).statistic)
    low, high = rho_interval(rho, len(x))
    return row | {"rho": rho, "low": low, "high": high, "p": permutation_p(x, y)}


def rho_interval(rho: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a rank correlation over so many datasets; nan with fewer than FEWEST_FOR_INTERVAL.

    At ±1 the transformation is infinite: half a step to the next value that so many ranks can have is taken instead.
    """
    if count < FEWEST_FOR_INTERVAL:
        return float("nan"), float("nan")
    most = 1 - 6 / (count * (count**2 - 1))
    inside = min(most, max(-most, rho))
    half = stats.norm.ppf(1 - ALPHA / 2) * math.sqrt((1 + inside**2 / 2) / (count - 3))
    low, high = math.tanh(math.atanh(inside) - half), math.tanh(math.atanh(inside) + half)
    return min(low, rho), max(high, rho)


def permutation_p(x: ArrayLike, y: ArrayLike) -> float:
    """Two-sided p of Spearman's rank correlation: by all orders of y, or with many values by Student's t."""
    a, b = stats.rankdata(x), stats.rankdata(y)
    if len(a) > MOST_PERMUTED:
        return float(stats.spearmanr(a, b).pvalue)
    a, b = a - a.mean(), b - b.mean()
    sums = b[_orders(len(b))] @ a
    return float((np.abs(sums) >= abs(float(a @ b)) - ROUNDING * len(a)).mean())


@lru_cache(maxsize=MOST_PERMUTED)
def _orders(count: int) -> NDArray[np.intp]:
    return np.array(list(permutations(range(count))), dtype=np.intp)


def _verdict(row: Mapping[Any, Any]) -> str:
    if pd.notna(row["reason"]):
        return UNSAID
    return OPEN if row["p_adjusted"] > ALPHA else TOGETHER if row["rho"] > 0 else OPPOSED
