"""Rule 14: means over seeds that all compared settings have; no best while any is lacking, and ties by test."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from reports.statistics.family import holm
from reports.statistics.inference import ALPHA, mean_of, sd_of, t_test, these_datasets
from reports.statistics.pairs import cells_of
from reports.statistics.scale import RELATIVE_ROUNDING
from reports.statistics.settings import of_one_condition
from reports.statistics.specification import Design, Direction, MetricSpec, Options
from reports.statistics.verdicts import MINIMAL_SEEDS


def table_of_means(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, options: Options | None = None
) -> pd.DataFrame:
    """Mean and standard deviation of each setting, a dataset.

    A setting is what shares the levels of all factors but dataset and seed. The settings of a dataset that have any
    value are compared over the seeds that all of them have; blocks of other conditions are left apart.

    Args:
        trials: as for compare, with seeds.
        design: the factors of the sweep.
        metric: the metric.
        options: whether conditions are pooled.

    Returns:
        One row a dataset and setting: dataset, the factors, n (common seeds), n_own (seeds that the setting has), mean
        and sd over the common seeds in the unit of the metric, complete (the dataset's design lacks no value), best
        (nothing is shown to be better than the setting, while the setting with the best mean is shown to be better than
        another; four seeds at least, Holm over all pairs of settings; False throughout while the dataset is
        incomplete).
    """
    cells = cells_of(trials, design, metric)
    settings = [name for name in design.factors if name not in ("dataset", "seed") and name in cells]
    if not (options and options.pool):
        cells = of_one_condition(cells)
    columns = ["dataset", *settings, "n", "n_own", "mean", "sd", "complete", "best"]
    parts = [_of_dataset(rows, settings, metric) for _, rows in cells.groupby("dataset", sort=False)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table[columns]


def _of_dataset(cells: pd.DataFrame, settings: list[str], metric: MetricSpec) -> pd.DataFrame:
    keys = cells[["dataset", *settings]].drop_duplicates().reset_index(drop=True).assign(key=lambda found: found.index)
    cells = cells.merge(keys, on=["dataset", *settings])
    y = cells.pivot_table(index="seed", columns="key", values="y", dropna=False, observed=True).reindex(
        columns=keys["key"]
    )
    value = cells.pivot_table(index="seed", columns="key", values="value", dropna=False).reindex(columns=keys["key"])
    present = y.columns[y.notna().any()]
    common = y.index[y[present].notna().all(axis=1)] if len(present) else y.index[:0]
    complete = bool(len(y) and y.notna().all(axis=None))
    chosen = value.loc[common].to_numpy(dtype=float).T
    best = np.zeros(len(keys), dtype=bool)
    if complete and metric.direction and len(common) >= MINIMAL_SEEDS:
        best = leading(y.loc[common].to_numpy(dtype=float).T, metric.direction)
    return keys.assign(
        n=[len(common) if key in present else 0 for key in keys["key"]],
        n_own=y.notna().sum().reindex(keys["key"], fill_value=0).to_numpy(),
        mean=mean_of(chosen) if chosen.shape[1] else np.nan,
        sd=sd_of(chosen),
        complete=complete,
        best=best,
    )


def leading(y: np.ndarray, direction: Direction) -> np.ndarray:
    """Which settings share the first place.

    Args:
        y: (settings, seeds) values on the scale, equal seeds in equal columns.
        direction: which direction is better.

    Returns:
        (settings,) whether it is the one with the best mean or is not shown to be worse than that (paired t, Holm over
        all pairs); all False where that one is not shown to be better than any other.
    """
    if len(y) < 2:
        return np.zeros(len(y), dtype=bool)
    means = mean_of(y)
    first = int(np.argmin(means) if direction == "lower" else np.argmax(means))
    here, there = (np.array(side) for side in zip(*combinations(range(len(y)), 2), strict=True))
    largest = np.abs(y).max(axis=1)
    p = _paired_p(y[here] - y[there], RELATIVE_ROUNDING * np.maximum(largest[here], largest[there]))
    beats = (holm(p) <= ALPHA) & ((here == first) | (there == first))
    beaten = np.isin(np.arange(len(y)), [here[beats], there[beats]])
    beaten[first] = False
    return ~beaten & beaten.any()


def _paired_p(differences: np.ndarray, rounding: np.ndarray) -> np.ndarray:
    """Two-sided p of the paired t-tests; without spread 1 where all are equal, and 0 where all differ by the same.

    Args:
        differences: (pairs, seeds) of equal seeds.
        rounding: (pairs,) the size below which differences are none.
    """
    mean, sd = mean_of(differences), sd_of(differences)
    tested = t_test(these_datasets(mean[:, None], sd[:, None], differences.shape[1])).p
    return np.where(sd > rounding, tested, np.where(np.abs(mean) <= rounding, 1.0, 0.0))
