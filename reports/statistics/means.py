"""Rule 14: means over seeds that all compared settings have; no best while any is lacking, and ties by test."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from reports.statistics.family import holm
from reports.statistics.inference import ALPHA, Estimate, mean_of, satterthwaite, sd_of, t_test, these_datasets
from reports.statistics.matrix import by_seed
from reports.statistics.pairs import cells_of_any
from reports.statistics.scale import RELATIVE_ROUNDING
from reports.statistics.settings import of_one_condition
from reports.statistics.specification import Design, Direction, MetricSpec, Options
from reports.statistics.verdicts import MINIMAL_SEEDS


def table_of_means(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, options: Options | None = None
) -> pd.DataFrame:
    """Mean and standard deviation of each setting, a dataset.

    A setting is what shares the levels of all factors but dataset and seed. The settings of a dataset that have any
    value are compared over the seeds that all of them have; blocks of other conditions are left apart. Where no trial
    has a seed (rule 11), each setting has all its values, and is compared by Welch's t.

    Args:
        trials: as for compare.
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
    cells, paired = cells_of_any(trials, design, metric)
    settings = [name for name in design.factors if name not in ("dataset", "seed") and name in cells]
    if not (options and options.pool):
        cells = of_one_condition(cells)
    columns = ["dataset", *settings, "n", "n_own", "mean", "sd", "complete", "best"]
    of_dataset = _of_dataset if paired else _of_unpaired
    parts = [of_dataset(rows, settings, metric) for _, rows in cells.groupby("dataset", sort=False)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table[columns]


def _of_dataset(cells: pd.DataFrame, settings: list[str], metric: MetricSpec) -> pd.DataFrame:
    by = ["dataset", *settings]
    keys = cells[by].drop_duplicates().reset_index(drop=True)
    setting = cells.groupby(by, sort=False, dropna=False).ngroup().to_numpy()
    y, value = (by_seed(cells["seed"], setting, cells[name], len(keys)) for name in ("y", "value"))
    known = ~np.isnan(y)
    present = known.any(axis=0)
    common = known[:, present].all(axis=1) & present.any()
    complete = bool(len(y) and known.all())
    chosen = value[common].T
    best = np.zeros(len(keys), dtype=bool)
    if complete and metric.direction and common.sum() >= MINIMAL_SEEDS:
        best = leading(y[common].T, metric.direction)
    return keys.assign(
        n=np.where(present, common.sum(), 0),
        n_own=known.sum(axis=0),
        mean=mean_of(chosen) if chosen.shape[1] else np.nan,
        sd=sd_of(chosen),
        complete=complete,
        best=best,
    )


def _of_unpaired(cells: pd.DataFrame, settings: list[str], metric: MetricSpec) -> pd.DataFrame:
    """The same for trials without seeds: there are no common ones, so each setting has all of its own."""
    keys = cells[["dataset", *settings]].drop_duplicates().reset_index(drop=True).assign(key=lambda found: found.index)
    by_key = dict(list(cells.merge(keys, on=["dataset", *settings]).dropna(subset=["y"]).groupby("key")))
    none = cells.iloc[:0]
    y, value = ([by_key.get(key, none)[name].to_numpy(dtype=float) for key in keys["key"]] for name in ("y", "value"))
    counts = np.array([len(own) for own in y])
    complete = bool(cells["y"].notna().all())
    enough = complete and counts.min() >= MINIMAL_SEEDS
    best = leading_unpaired(y, metric.direction) if metric.direction and enough else np.zeros(len(keys), dtype=bool)
    return keys.assign(
        n=counts,
        n_own=counts,
        mean=[float(mean_of(own)) if len(own) else np.nan for own in value],
        sd=[float(sd_of(own)) for own in value],
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
    here, there = _all_pairs(len(y))
    largest = np.abs(y).max(axis=1)
    p = _paired_p(y[here] - y[there], RELATIVE_ROUNDING * np.maximum(largest[here], largest[there]))
    return _first_place(mean_of(y), p, direction)


def leading_unpaired(values: Sequence[np.ndarray], direction: Direction) -> np.ndarray:
    """The same for settings whose values share no seeds: Welch's t instead of the paired one.

    Args:
        values: of each setting, on the scale; two at least.
        direction: which direction is better.
    """
    if len(values) < 2:
        return np.zeros(len(values), dtype=bool)
    here, there = _all_pairs(len(values))
    means, sds = (np.array([float(of(y)) for y in values]) for of in (mean_of, sd_of))
    rounding = RELATIVE_ROUNDING * np.array([np.abs(y).max() for y in values])
    variances = np.where(sds > rounding, sds, 0.0) ** 2 / np.array([len(y) for y in values])
    terms, df = np.stack([variances[here], variances[there]], axis=-1), np.array([len(y) - 1 for y in values])
    difference = means[here] - means[there]
    found = Estimate(
        estimate=difference,
        se=np.sqrt(terms.sum(axis=-1)),
        df=satterthwaite(terms, np.stack([df[here], df[there]], axis=-1)),
    )
    same = np.abs(difference) <= np.maximum(rounding[here], rounding[there])
    p = np.where(found.se > 0, t_test(found).p, np.where(same, 1.0, 0.0))
    return _first_place(means, p, direction)


def _all_pairs(settings: int) -> tuple[np.ndarray, np.ndarray]:
    here, there = (np.array(side) for side in zip(*combinations(range(settings), 2), strict=True))
    return here, there


def _first_place(means: np.ndarray, p: np.ndarray, direction: Direction) -> np.ndarray:
    """Which settings the best mean does not beat, by the p of all pairs; none where it beats no other."""
    first = int(np.argmin(means) if direction == "lower" else np.argmax(means))
    here, there = _all_pairs(len(means))
    beats = (holm(p) <= ALPHA) & ((here == first) | (there == first))
    beaten = np.isin(np.arange(len(means)), [here[beats], there[beats]])
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
