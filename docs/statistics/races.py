"""Races over sweeps that are drawn at random, with the bounds and the steps of the real ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from docs.statistics.draws import Floats
from reports.racing.bounds import ONE_SIDED, TWO_SIDED, Spending, planned_looks, pocock, thresholds
from reports.racing.evidence import unplanned_equivalence_p, unplanned_limits, unplanned_p
from reports.racing.family import Flags, rejected_at
from reports.statistics.inference import Estimate, equivalence_p, mean_of, sd_of, t_test, these_datasets


@dataclass(frozen=True, kw_only=True)
class Races:
    """How races of one family ended; arrays are (replicates, tests)."""

    different: Flags
    """A difference was called."""
    equivalent: Flags
    """The effect was called within the margin."""
    seeds: Floats
    """At which look a comparison ended; the largest number where it never did."""


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A largest number of seeds that was raised later."""

    largest: int
    """To so many."""
    blocks: Floats
    """(tests,) of a comparison, that one seed has."""


def run_races(
    estimate_at: Callable[[int], Estimate],
    largest: int,
    margin: float = float("nan"),
    spending: Spending = pocock,
    raised: Raised | None = None,
) -> Races:
    """Race the comparisons of a family, each until it is decided.

    Args:
        estimate_at: from a number of seeds to the estimates, (replicates, tests), of so many.
        largest: seeds at most, as planned.
        margin: of the equivalence tests; nan for none.
        spending: how errors are spent over the looks.
        raised: where races that are open at the end go on; None where they end.
    """
    looks = planned_looks(largest)
    shape = estimate_at(looks[0]).estimate.shape
    different, equivalent = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    last = raised.largest if raised else largest
    seeds = np.full(shape, float(last))
    for place, count in enumerate(range(looks[0], last + 1)):
        found, ended = estimate_at(count), different | equivalent
        if raised and count > largest:
            numbers = (found.estimate, found.se, found.df, raised.blocks * count)
            tests = unplanned_p(*numbers), unplanned_equivalence_p(*numbers, np.array(margin))
            limits = [unplanned_limits(shape[1])] * 2
        else:
            tests = t_test(found).p, equivalence_p(found, margin)
            limits = [thresholds(looks, shape[1], sides, spending)[place] for sides in (TWO_SIDED, ONE_SIDED)]
        p, p_equivalence = (np.where(ended, np.nan, each) for each in tests)
        different = rejected_at(p, different, limits[0])
        equivalent = rejected_at(p_equivalence, equivalent, limits[1])
        seeds[(different | equivalent) & ~ended] = count
    return Races(different=different, equivalent=equivalent, seeds=seeds)


def family_of(d: Floats) -> Estimate:
    """(replicates, tests): each level on each dataset, then over all, for (replicates, M, D, S) blocks (rules 3, 4)."""
    counts = np.array(d.shape[-1])
    mean, sd = mean_of(d), sd_of(d)
    parts = [these_datasets(mean[..., None], sd[..., None], counts)]
    if d.shape[2] > 1:
        parts.append(overall_of(d))
    return Estimate(
        **{
            name: np.concatenate([getattr(part, name).reshape(len(d), -1) for part in parts], axis=1)
            for name in ("estimate", "se", "df")
        }
    )


def overall_of(d: Floats) -> Estimate:
    """(replicates, M): each level over all datasets (rule 4)."""
    return these_datasets(mean_of(d), sd_of(d), np.array(d.shape[-1]))
