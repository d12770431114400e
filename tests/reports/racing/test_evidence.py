"""E-values against their definition: ratios of likelihoods of t, integrated over the effect."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from reports.racing.evidence import log_one_sided, log_two_sided, unplanned_equivalence_p, unplanned_limits, unplanned_p


def integrated(t: float, df: float, blocks: float, low: float) -> float:
    """The e-value by the noncentral t, over effects from `low` on."""

    def of_effect(effect: float) -> float:
        likelihood = stats.nct.pdf(t, df, effect * np.sqrt(blocks)) / stats.t.pdf(t, df)
        return float(likelihood * stats.norm.pdf(effect))

    return float(integrate.quad(of_effect, low, 8.0, limit=200)[0]) * (1 if low < 0 else 2)


@pytest.mark.parametrize("t", [-2.0, 0.0, 1.5, 4.0])
@pytest.mark.parametrize(("df", "blocks"), [(9.0, 10.0), (17.0, 18.0), (40.0, 48.0)])
def test_rule_13_e_values_are_mixtures_of_noncentral_t(t: float, df: float, blocks: float) -> None:
    found = np.exp([one(np.array(t), np.array(df), np.array(blocks)) for one in (log_two_sided, log_one_sided)])
    assert_allclose(found, [integrated(t, df, blocks, -8.0), integrated(t, df, blocks, 0.0)], rtol=1e-5)


def test_rule_13_twenty_is_the_limit_of_a_single_test() -> None:
    assert 1 / unplanned_limits(3) == pytest.approx([20, 40, 60])


def test_equivalence_needs_both_sides_and_no_spread_has_none() -> None:
    se, df, blocks, margin = (np.full(4, value) for value in (0.01, 19.0, 20.0, 0.05))
    p = unplanned_equivalence_p(np.array([0.0, 0.04, -0.04, 1.0]), se, df, blocks, margin)
    assert p[0] < 0.05
    assert p[1] == pytest.approx(p[2])
    assert p[1:].min() > 0.05
    assert p[3] == 1.0
    assert np.isnan(unplanned_p(np.ones(1), np.zeros(1), np.ones(1), np.ones(1))).all()
    assert unplanned_p(np.ones(1), np.array([1e-9]), df[:1], blocks[:1])[0] < 1e-12
