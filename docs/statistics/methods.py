"""The rules of a report and what was rejected for them, each from many sweeps to many 95 % intervals."""

from collections.abc import Callable

import numpy as np
from scipy import stats

from docs.statistics.draws import Draw, Floats
from reports.statistics.inference import (
    Estimate,
    TTest,
    datasets_like_these,
    satterthwaite,
    sd_of,
    t_test,
    these_datasets,
)

RESAMPLES = 999
CHUNK = 50
"""Replicates that are resampled at a time."""

Interval = tuple[Floats, Floats]


def rule_4(drawn: Draw) -> TTest:
    """These datasets; with one dataset rule 3."""
    d = drawn.difference
    return t_test(these_datasets(d.mean(axis=-1), sd_of(d), np.array(d.shape[-1])))


def rule_5(drawn: Draw) -> TTest:
    """Datasets like these."""
    return t_test(datasets_like_these(drawn.difference.mean(axis=-1)))


def covers_these(test: TTest, drawn: Draw) -> Floats:
    """Whether the interval holds the mean effect on the datasets of the sweep."""
    return inside((test.low, test.high), drawn.effect.mean(axis=-1))


def covers_all(test: TTest) -> Floats:
    """Whether the interval holds the mean effect on all datasets that there are, which is 0."""
    return inside((test.low, test.high), np.zeros_like(test.low))


def inside(interval: Interval, truth: Floats) -> Floats:
    """Whether each interval holds the truth."""
    return np.asarray((interval[0] <= truth) & (truth <= interval[1]), dtype=float)


def family_errs(drawn: Draw) -> Floats:
    """(replicates,) whether Holm calls any difference where there is none: all levels, single datasets and overall.

    While no hypothesis is rejected, Holm compares the smallest p with α over the size of the family.
    """
    d = drawn.difference
    single = t_test(these_datasets(d.mean(axis=-1)[..., None], sd_of(d)[..., None], np.array(d.shape[-1]))).p
    parts = [single.reshape(len(d), -1)]
    if d.shape[2] > 1:
        parts.append(rule_4(drawn).p)
    p = np.concatenate(parts, axis=1)
    return np.asarray(p.min(axis=1) * p.shape[1] <= 0.05, dtype=float)


def bootstrap_over_seeds(drawn: Draw, generator: np.random.Generator) -> Interval:
    """Rejected: percentiles of the mean with the seeds of each dataset resampled."""
    return _in_chunks(drawn, lambda d: _resampled_seeds(d, generator).mean(axis=(-2, -1)))


def bootstrap_over_both(drawn: Draw, generator: np.random.Generator) -> Interval:
    """Rejected: percentiles of the mean with datasets resampled, then the seeds of each."""

    def resample(d: Floats) -> Floats:
        chosen = generator.integers(d.shape[-2], size=(RESAMPLES, len(d), d.shape[-2]))
        picked = np.take_along_axis(d[None], chosen[..., None], axis=2)
        return np.asarray(_resampled_seeds(picked, generator, repeats=1)[0].mean(axis=(-2, -1)))

    return _in_chunks(drawn, resample)


def pooled(drawn: Draw) -> Interval:
    """Rejected: one t-test over all (dataset, seed)."""
    d = drawn.difference[:, 0].reshape(len(drawn.reference), -1)
    test = t_test(datasets_like_these(d))
    return test.low, test.high


def dersimonian_laird(drawn: Draw) -> Interval:
    """Rejected: random-effects meta-analysis with normal quantiles (Controlled Clinical Trials 7, 1986)."""
    d = drawn.difference[:, 0]
    means, v = d.mean(axis=-1), d.var(axis=-1, ddof=1) / d.shape[-1]
    w = 1 / v
    fixed = (w * means).sum(axis=-1, keepdims=True) / w.sum(axis=-1, keepdims=True)
    q = (w * (means - fixed) ** 2).sum(axis=-1)
    scale = w.sum(axis=-1) - (w**2).sum(axis=-1) / w.sum(axis=-1)
    between = np.maximum(0.0, (q - (d.shape[1] - 1)) / scale)
    w = 1 / (v + between[:, None])
    estimate = (w * means).sum(axis=-1) / w.sum(axis=-1)
    half = stats.norm.ppf(0.975) / np.sqrt(w.sum(axis=-1))
    return estimate - half, estimate + half


def welch(drawn: Draw) -> Interval:
    """Rejected where seeds are equal: both sides as if they were independent, these datasets."""
    a, b = drawn.level[:, 0], drawn.reference
    seeds, datasets = a.shape[-1], a.shape[-2]
    v = np.concatenate([a.var(axis=-1, ddof=1), b.var(axis=-1, ddof=1)], axis=-1) / seeds
    estimate = (a - b).mean(axis=(-2, -1))
    se = np.sqrt(v.sum(axis=-1)) / datasets
    test = t_test(Estimate(estimate=estimate, se=se, df=satterthwaite(v, seeds - 1.0)))
    return test.low, test.high


def _resampled_seeds(d: Floats, generator: np.random.Generator, repeats: int = RESAMPLES) -> Floats:
    chosen = generator.integers(d.shape[-1], size=(repeats, *d.shape))
    return np.take_along_axis(d[None], chosen, axis=-1)


def _in_chunks(drawn: Draw, means_of: Callable[[Floats], Floats]) -> Interval:
    """Percentiles over resamples of the first level; means_of maps (chunk, D, S) to (resamples, chunk)."""
    d = drawn.difference[:, 0]
    ends = [
        np.quantile(means_of(d[start : start + CHUNK]), [0.025, 0.975], axis=0) for start in range(0, len(d), CHUNK)
    ]
    low, high = np.concatenate(ends, axis=1)
    return low, high
