"""Rule 10: ranks over datasets, where there are enough datasets for them to reject anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, count, pairwise

import numpy as np
import pandas as pd
from scipy import stats

from reports.statistics.family import holm
from reports.statistics.inference import ALPHA
from reports.statistics.scale import RELATIVE_ROUNDING
from reports.statistics.specification import Direction

RANK_COLUMNS = (
    "level_a", "level_b", "rank_a", "rank_b", "n_datasets", "comparisons", "p", "p_adjusted", "friedman", "p_friedman",
    "reason",
)  # fmt: skip

TOO_FEW = "too few datasets"
"""The reason where so many comparisons cannot reject with so few datasets."""


def can_reject(datasets: int, comparisons: int) -> bool:
    """Whether the smallest p of Wilcoxon's test survives Holm: comparisons · 2/2^datasets ≤ 0.05."""
    return comparisons * 2.0 ** (1 - datasets) <= ALPHA


def datasets_needed(comparisons: int) -> int:
    """The fewest datasets with which so many comparisons can reject."""
    return next(datasets for datasets in count(1) if can_reject(datasets, comparisons))


def average_ranks(means: pd.DataFrame, direction: Direction) -> pd.Series:
    """The mean rank of each level over datasets; 1 is the best, and values that differ by rounding share a rank.

    Args:
        means: one row a dataset, one column a level; datasets that lack a level are left out.
        direction: which direction is better.
    """
    return ranks_by_dataset(means, direction).mean()


def ranks_by_dataset(means: pd.DataFrame, direction: Direction) -> pd.DataFrame:
    """The same on each dataset: one row a dataset that has all levels, one column a level."""
    table = means.dropna().astype(float)
    return _rounded(table).rank(axis=1, ascending=direction == "lower")


def alike(tests: pd.DataFrame) -> list[tuple[str, ...]]:
    """The largest groups of two levels or more of which no two differ, in the order of their ranks.

    Args:
        tests: what compare_ranks returns, with p.
    """
    ranks = pd.concat([tests.set_index(f"level_{side}")[f"rank_{side}"] for side in "ab"])
    order = list(ranks[~ranks.index.duplicated()].sort_values(kind="stable").index)
    joined: dict[str, set[str]] = {level: set() for level in order}
    for row in tests[tests["p_adjusted"] > ALPHA].to_dict("records"):
        joined[row["level_a"]].add(row["level_b"])
        joined[row["level_b"]].add(row["level_a"])
    groups = [sorted(group, key=order.index) for group in _cliques(set(), set(order), set(), joined) if len(group) > 1]
    return sorted(map(tuple, groups), key=lambda group: [order.index(level) for level in group])


def _cliques(held: set[str], open_: set[str], seen: set[str], joined: dict[str, set[str]]) -> Iterator[set[str]]:
    """All sets of levels that are joined pairwise and lie in no larger one (Bron and Kerbosch, CACM 16, 1973)."""
    if not open_ and not seen:
        yield held
        return
    pivot = max(open_ | seen, key=lambda level: len(joined[level] & open_))
    for level in sorted(open_ - joined[pivot]):
        yield from _cliques(held | {level}, open_ & joined[level], seen & joined[level], joined)
        open_ = open_ - {level}
        seen = seen | {level}


def compare_ranks(means: pd.DataFrame, direction: Direction) -> pd.DataFrame:
    """Compare all pairs of levels by their ranks.

    Args:
        means: one row a dataset, one column a level; datasets that lack a level are left out.
        direction: which direction is better; rank 1 is the best.

    Returns:
        RANK_COLUMNS, one row a pair of levels: rank_a and rank_b (mean ranks), p (Wilcoxon's signed ranks, exact or as
        scipy chooses), p_adjusted (Holm), friedman and p_friedman (three levels or more); all p missing with reason
        "too few datasets" where they could not reject. Demšar, JMLR 7 (2006).
    """
    table = means.dropna().astype(float)
    pairs = list(combinations(table.columns, 2))
    rows = pd.DataFrame(pairs, columns=["level_a", "level_b"])
    ranks = average_ranks(table, direction)
    rows = rows.assign(
        rank_a=rows["level_a"].map(ranks),
        rank_b=rows["level_b"].map(ranks),
        n_datasets=len(table),
        comparisons=len(pairs),
    )
    enough = bool(pairs) and can_reject(len(table), len(pairs))
    p = [_wilcoxon(table[a], table[b]) for a, b in pairs] if enough else [float("nan")] * len(pairs)
    statistic, p_friedman = _friedman(_rounded(table)) if enough else (float("nan"), float("nan"))
    adjusted = holm(p).tolist() if enough else p
    return rows.assign(
        p=p, p_adjusted=adjusted, friedman=statistic, p_friedman=p_friedman, reason=None if enough else TOO_FEW
    )[list(RANK_COLUMNS)]


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Values of a row that differ by rounding alone become equal, so that they share a rank."""
    values = table.to_numpy(dtype=float).copy()
    for row in values:
        order = np.argsort(row)
        for before, after in pairwise(order):
            if row[after] - row[before] <= RELATIVE_ROUNDING * max(abs(row[after]), abs(row[before])):
                row[after] = row[before]
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def _wilcoxon(a: pd.Series, b: pd.Series) -> float:
    """Two-sided p; 1 where all values are equal."""
    pair = _rounded(pd.DataFrame({"a": a, "b": b}))
    difference = pair["a"] - pair["b"]
    return float(stats.wilcoxon(difference).pvalue) if (difference != 0).any() else 1.0


def _friedman(table: pd.DataFrame) -> tuple[float, float]:
    """Friedman's statistic and p; nan with fewer than three levels or where all are equal."""
    if table.shape[1] < 3 or bool((table.nunique(axis=1) == 1).all()):
        return float("nan"), float("nan")
    found = stats.friedmanchisquare(*(table[name] for name in table))
    return float(found.statistic), float(found.pvalue)
