from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from reports.racing import bounds
from reports.racing.bounds import ONE_SIDED, TWO_SIDED, nominal, of_t, planned_looks, pocock, thresholds
from reports.racing.family import rejected_at

LOOKS = planned_looks(16)


def test_looks_are_after_each_seed_from_four_on() -> None:
    assert planned_looks(6) == (4, 5, 6)
    with pytest.raises(ValueError, match="more than 4"):
        planned_looks(4)


def test_rule_13_bounds_are_those_of_published_tables() -> None:
    """Five equal looks with Pocock-type spending of 5 %, two-sided, as in the tables of Lan and DeMets' programs."""
    z = stats.norm.isf(np.array(nominal((1, 2, 3, 4, 5), 0.05, TWO_SIDED)) / 2)
    assert_allclose(z, [2.438, 2.427, 2.410, 2.397, 2.386], atol=6e-4)


def test_rule_13_t_at_four_and_five_seeds() -> None:
    """The rule has 4.7 and 4.5; the second is stricter here, because t would err more often with it."""
    limits = np.array(nominal(LOOKS, 0.05, TWO_SIDED)), thresholds(LOOKS, 1, TWO_SIDED)[:, 0]
    t = [stats.t.isf(each[:2] / 2, [3, 4]) for each in limits]
    assert_allclose(t, [[4.73, 4.56], [4.73, 4.81]], atol=0.02)


@pytest.mark.parametrize("sides", [ONE_SIDED, TWO_SIDED])
@pytest.mark.parametrize(("largest", "level"), [(8, 0.05), (16, 0.01), (40, 0.0025)])
def test_t_errs_no_more_often_than_it_says(largest: int, level: float, sides: int) -> None:
    looks = np.array(planned_looks(largest))
    bounds_of_t = stats.t.isf(np.array(nominal(tuple(looks), level, sides, of_t(pocock))) / sides, looks - 1)
    d = np.random.default_rng(14).standard_normal((200_000, largest))
    sums, squares = d.cumsum(axis=1)[:, 3:], (d**2).cumsum(axis=1)[:, 3:]
    t = sums / np.sqrt(looks * (squares - sums**2 / looks) / (looks - 1))
    errs = ((np.abs(t) if sides == TWO_SIDED else t) >= bounds_of_t).any(axis=1).mean()
    assert 0.85 * level <= errs <= level + 3 * np.sqrt(level / len(d))


@pytest.mark.parametrize("sides", [ONE_SIDED, TWO_SIDED])
@pytest.mark.parametrize("level", [0.05, 0.05 / 3, 0.05 / 40])
def test_all_looks_together_err_as_often_as_they_may(level: float, sides: int) -> None:
    """Against sums of normal numbers that are drawn."""
    sums = np.random.default_rng(13).standard_normal((200_000, 16)).cumsum(axis=1)[:, 3:] / np.sqrt(LOOKS)
    p = stats.norm.sf(sums) if sides == ONE_SIDED else 2 * stats.norm.sf(np.abs(sums))
    spent = np.maximum.accumulate(p <= nominal(LOOKS, level, sides), axis=1).mean(axis=0)
    expected = pocock(level, np.array(LOOKS) / 16)
    assert_allclose(spent, expected, atol=4 * np.sqrt(level / len(sums)))


def test_bounds_need_no_more_points(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = planned_looks(40)
    few = nominal.__wrapped__(looks, 0.001, TWO_SIDED)
    nodes = np.polynomial.legendre.leggauss(2 * bounds.NODES)
    monkeypatch.setattr(bounds, "_legendre", lambda: nodes)
    assert_allclose(few, nominal.__wrapped__(looks, 0.001, TWO_SIDED), rtol=1e-6)


@pytest.mark.parametrize("sides", [ONE_SIDED, TWO_SIDED])
def test_a_larger_share_of_the_error_is_never_a_stricter_bound(sides: int) -> None:
    """What Holm over looks needs: who gets the share of others loses no rejection by it."""
    limits = thresholds(LOOKS, 12, sides)
    assert (np.diff(limits, axis=1) < 0).all()
    assert (limits[:, 0] < 0.05).all()


def test_holm_passes_shares_on_at_once() -> None:
    limits = np.array([0.03, 0.015, 0.01])
    none = np.zeros(3, dtype=bool)
    assert rejected_at(np.array([0.01, 0.015, 0.03]), none, limits).tolist() == [True, True, True]
    assert rejected_at(np.array([0.011, 0.015, 0.03]), none, limits).tolist() == [False, False, False]
    assert rejected_at(np.array([0.001, np.nan, 0.016]), none, limits).tolist() == [True, False, False]
    assert rejected_at(np.array([0.016, np.nan, np.nan]), ~none & [False, True, True], limits).all()
