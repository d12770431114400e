"""The arithmetic of rules 3 to 5 on arrays, for one comparison or for many at once.

All functions work on the last axis and are free of overflow: numbers are scaled by the largest before they are squared.
Student's t is that of scipy.special, which scipy.stats calls after checks that take twenty times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

ALPHA = 0.05
CONFIDENCE = 0.95
CONFIDENCE_EQUIVALENCE = 0.90


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean difference and how well it is known; arrays of one shape."""

    estimate: Floats
    """On the scale of the metric."""
    se: Floats
    """Its standard error."""
    df: Floats
    """Degrees of freedom of the standard error; nan where there is none."""


@dataclass(frozen=True, kw_only=True)
class TTest:
    """What t says about an estimate; arrays of one shape."""

    p: Floats
    """Two-sided, of no difference."""
    low: Floats
    """Lower end of the 95 % interval."""
    high: Floats
    """Upper end of the 95 % interval."""
    low90: Floats
    """Lower end of the 90 % interval."""
    high90: Floats
    """Upper end of the 90 % interval."""


def mean_of(values: ArrayLike) -> Floats:
    """Mean over the last axis, nan where it is empty."""
    x = np.asarray(values, dtype=float)
    unit = _unit(x)
    return _quiet(lambda: unit[..., 0] * (x / unit).sum(axis=-1) / (x.shape[-1] or np.nan))


def sd_of(values: ArrayLike) -> Floats:
    """Standard deviation (n − 1) over the last axis, nan with fewer than two values."""
    x = np.asarray(values, dtype=float)
    if x.shape[-1] < 2:
        return np.full(x.shape[:-1], np.nan)
    unit = _unit(x)
    return _quiet(lambda: unit[..., 0] * (x / unit).std(axis=-1, ddof=1))


def satterthwaite(variances: ArrayLike, df: ArrayLike) -> Floats:
    """Degrees of freedom of a sum of independent variances: (Σv)² / Σ(v²/df).

    Args:
        variances: (…, terms) estimated variances.
        df: (…, terms) degrees of freedom of each.

    Returns:
        (…) degrees of freedom; nan where all variances are 0. Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    v = np.asarray(variances, dtype=float)
    share = _quiet(lambda: v / v.sum(axis=-1, keepdims=True))
    return _quiet(lambda: 1.0 / (share**2 / np.asarray(df, dtype=float)).sum(axis=-1))


def these_datasets(means: ArrayLike, sds: ArrayLike, counts: ArrayLike) -> Estimate:
    """Rule 4, and with one dataset rule 3: the mean over datasets, known as well as their seeds tell.

    Args:
        means: (…, D) mean difference over the seeds of each dataset.
        sds: (…, D) standard deviation over these seeds.
        counts: (…, D) seeds, two at least.
    """
    m, s, n = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (means, sds, counts)))
    unit = _unit(np.concatenate([m, s], axis=-1))
    v = _quiet(lambda: (s / unit) ** 2 / n)
    se = _quiet(lambda: unit[..., 0] * np.sqrt(v.sum(axis=-1)) / m.shape[-1])
    return Estimate(estimate=mean_of(m), se=se, df=satterthwaite(v, n - 1))


def datasets_like_these(means: ArrayLike) -> Estimate:
    """Rule 5: the mean over datasets, known as well as the datasets agree; (…, D) means, two datasets at least."""
    m = np.asarray(means, dtype=float)
    count = m.shape[-1]
    return Estimate(estimate=mean_of(m), se=sd_of(m) / np.sqrt(count), df=np.full(m.shape[:-1], count - 1, dtype=float))


def t_test(found: Estimate) -> TTest:
    """Test an estimate against 0 and give its intervals."""
    half = _quiet(lambda: special.stdtrit(found.df, 0.5 + CONFIDENCE / 2) * found.se)
    half90 = _quiet(lambda: special.stdtrit(found.df, 0.5 + CONFIDENCE_EQUIVALENCE / 2) * found.se)
    estimate = found.estimate
    return TTest(
        p=_quiet(lambda: 2 * special.stdtr(found.df, -np.abs(estimate / found.se))),
        low=_quiet(lambda: estimate - half),
        high=_quiet(lambda: estimate + half),
        low90=_quiet(lambda: estimate - half90),
        high90=_quiet(lambda: estimate + half90),
    )


def equivalence_p(found: Estimate, margin: ArrayLike) -> Floats:
    """Rule 7: the larger p of two one-sided tests of |difference| ≥ margin (Schuirmann, 1987).

    It is ≤ 0.05 where the 90 % interval lies inside ± margin; nan without a margin.
    """
    bound = np.asarray(margin, dtype=float)
    below = _quiet(lambda: special.stdtr(found.df, -(found.estimate + bound) / found.se))
    above = _quiet(lambda: special.stdtr(found.df, (found.estimate - bound) / found.se))
    return np.asarray(np.maximum(below, above))


def _unit(x: Floats) -> Floats:
    """(…, 1): the largest size of the last axis, 1 where all are 0 or there are none."""
    largest = np.abs(x).max(axis=-1, keepdims=True, initial=0.0)
    return np.where(largest > 0, largest, 1.0)


def _quiet(compute: Callable[[], ArrayLike]) -> Floats:
    """Compute with nan for what is undefined, and without numpy's warnings."""
    with np.errstate(all="ignore"):
        return np.asarray(compute(), dtype=float)
