"""How small p must be at each look, so that all looks of a race together err no more often than one test.

A test that is looked at after each seed spends its error bit by bit (Lan and DeMets, Biometrika 70, 1983): at each look
so much may be spent as the spending function has set free since the last one. Bounds are those of a sum of normal
numbers, found by integrating over the looks before (Armitage, McPherson and Rowe, JRSS A 132, 1969), and said as p. For
t that is exact at the first look alone: what later looks may spend is corrected for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import optimize, special

from reports.statistics.inference import ALPHA, Floats
from reports.statistics.verdicts import MINIMAL_SEEDS

Spending = Callable[[float, Floats], Floats]
"""From the level and the shares of the planned seeds (looks,) to the error spent until then (looks,)."""

TWO_SIDED, ONE_SIDED = 2, 1
"""Of difference, and of equivalence."""

NODES = 128
"""Points of an integral over the sums that have not crossed; with twice as many no bound changes by 1 in 10⁶."""
FARTHEST = 40.0
"""Beyond it no bound lies, in standard deviations."""
FAR = 9.0
"""Beyond it a one-sided test's other tail holds nothing."""


LATER = 1.35
"""So many times as often as a sum of normal numbers does t cross the bounds of later looks for the first time: 1.18 to
1.35 times at levels of 0.05 to 0.0006 and 8 to 40 seeds, a million races each."""


def planned_looks(largest: int) -> tuple[int, ...]:
    """The seeds of each look of a race to the largest number of seeds: each from four on.

    Raises:
        ValueError: fewer than two looks.
    """
    if largest <= MINIMAL_SEEDS:
        raise ValueError(f"{largest} seeds at most: a race needs more than {MINIMAL_SEEDS}")
    return tuple(range(MINIMAL_SEEDS, largest + 1))


def pocock(level: float, share: Floats) -> Floats:
    """Spend about alike at each look: level · ln(1 + (e − 1)·share)."""
    return np.asarray(level * np.log1p((np.e - 1) * share))


@lru_cache(maxsize=4096)
def nominal(looks: tuple[int, ...], level: float, sides: int, spending: Spending = pocock) -> tuple[float, ...]:
    """The p at or below which a test decides at each look.

    Args:
        looks: seeds at each look, rising.
        level: error of all looks together.
        sides: TWO_SIDED or ONE_SIDED.
        spending: how much of it is spent until a look.
    """
    found = []
    seeds = np.array(looks, dtype=float)
    sums, mass, before = np.zeros(1), np.ones(1), 0.0
    for now, due in zip(seeds, np.diff(spending(level, seeds / seeds[-1]), prepend=0.0), strict=True):
        step = np.sqrt(now - before)
        bound = optimize.brentq(_excess, 0.0, FARTHEST * np.sqrt(now), args=(sums, mass, step, sides, due))
        found.append(float(sides * special.ndtr(-bound / np.sqrt(now))))
        low = -bound if sides == TWO_SIDED else -FAR * np.sqrt(now)
        nodes, weights = _legendre()
        inside = low + (bound - low) * (nodes + 1) / 2
        density = np.exp(-(((inside[:, None] - sums) / step) ** 2) / 2) @ mass / (step * np.sqrt(2 * np.pi))
        sums, mass, before = inside, density * weights * (bound - low) / 2, now
    return tuple(found)


@lru_cache(maxsize=16)
def of_t(spending: Spending) -> Spending:
    """The same with less at later looks, so that t errs no more often than it says."""

    def spent(level: float, share: Floats) -> Floats:
        normal = spending(level, share)
        return np.asarray(normal[0] + (normal - normal[0]) / LATER)

    return spent


@lru_cache(maxsize=256)
def thresholds(looks: tuple[int, ...], size: int, sides: int, spending: Spending = pocock) -> Floats:
    """(looks, size): the p at or below which t decides, where 1, 2, …, size tests of its family are open.

    As Holm does, each of j open tests has the j-th part of the error (Maurer and Bretz, Statistics in
    Biopharmaceutical Research 5, 2013).
    """
    columns = [nominal(looks, ALPHA / still_open, sides, of_t(spending)) for still_open in range(1, size + 1)]
    return np.array(columns).T


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return np.asarray(nodes), np.asarray(weights)


def _excess(bound: float, sums: Floats, mass: Floats, step: float, sides: int, due: float) -> float:
    """How much more than is due crosses a bound at a look."""
    crossed = special.ndtr((sums - bound) / step)
    if sides == TWO_SIDED:
        crossed = crossed + special.ndtr((-sums - bound) / step)
    return float(crossed @ mass) - due
