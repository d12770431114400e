"""What is said at looks that nobody planned: e-values, which hold at any number of looks.

An e-value is a wager against the hypothesis that wins nothing on average where that is true, so that it ever reaches 20
in one race of twenty at most (Ville). Here it is the ratio of likelihoods of t, with the effect in standard deviations
of a block drawn from a normal distribution (Lai, Annals of Statistics 4, 1976; Grünwald, de Heide and Koolen, JRSS B
86, 2024). Exact for normal blocks of one dataset, or of several with one variance; else as good as Satterthwaite's
degrees of freedom. 1/e takes the place of p.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from reports.statistics.inference import ALPHA, Floats

PRIOR_VARIANCE = 1.0
"""Of the effect, in variances of a block: what a wager is laid on."""


def log_two_sided(t: Floats, df: Floats, blocks: Floats) -> Floats:
    """The logarithm of the e-value against no difference; arrays of one shape.

    Args:
        t: the mean over its standard error.
        df: its degrees of freedom.
        blocks: that the mean is made of.
    """
    gain = 1 + blocks * PRIOR_VARIANCE
    return np.asarray((df + 1) / 2 * (np.log1p(t**2 / df) - np.log1p(t**2 / (df * gain))) - np.log(gain) / 2)


def log_one_sided(t: Floats, df: Floats, blocks: Floats) -> Floats:
    """The same against a mean of 0 or less: only effects above 0 are wagered on, twice as much on each."""
    share = 1 / PRIOR_VARIANCE
    above = t * np.sqrt(blocks * (df + 1) / ((blocks + share) * df + share * t**2))
    with np.errstate(divide="ignore"):  # nothing at all for it
        return np.asarray(np.log(2 * special.stdtr(df + 1, above)) + log_two_sided(t, df, blocks))


def unplanned_p(estimate: Floats, se: Floats, df: Floats, blocks: Floats) -> Floats:
    """1/e against no difference, 1 at most; nan where there is no standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _as_p(log_two_sided(estimate / se, df, blocks), se)


def unplanned_equivalence_p(estimate: Floats, se: Floats, df: Floats, blocks: Floats, margin: Floats) -> Floats:
    """1/e against a difference beyond the margin on either side, 1 at most: the larger one of both sides."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sides = [log_one_sided((margin + sign * estimate) / se, df, blocks) for sign in (-1, 1)]
    return _as_p(np.minimum(*sides), se)


def unplanned_limits(size: int) -> Floats:
    """(size,): the 1/e at or below which a test decides, where 1, 2, …, size tests of its family are open."""
    return np.asarray(ALPHA / np.arange(1, size + 1))


def _as_p(log_e: Floats, se: Floats) -> Floats:
    return np.where(se > 0, np.exp(-np.maximum(log_e, 0.0)), np.nan)
