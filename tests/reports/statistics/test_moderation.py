"""Rank correlations over datasets: those of scipy and statsmodels, none where so few datasets cannot show one."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports.statistics.association import OPEN, OPPOSED, TOGETHER, UNSAID
from reports.statistics.moderation import datasets_needed, moderation, permutation_p, rho_interval

NAMES = ["size", "distinct", "same"]


def examples(datasets: int, noise: float = 0.1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The effect of a falls with size, that of b does nothing."""
    generator = np.random.default_rng(5)
    index = [f"data{place}" for place in range(datasets)]
    properties = pd.DataFrame(
        {"size": np.arange(datasets, dtype=float), "distinct": generator.normal(size=datasets), "same": 2.0}, index
    )
    rows = [
        {"level": level, "dataset": name, "effect": slope * properties["size"][name] + noise * generator.normal()}
        for level, slope in (("a", -1.0), ("b", 0.0))
        for name in index
    ]
    return pd.DataFrame(rows), properties


def test_correlations_and_p_are_those_of_scipy_and_statsmodels() -> None:
    effects, properties = examples(13, noise=3.0)
    table = moderation(effects, properties, NAMES).set_index(["level", "property"])
    expected = {}
    for level, name in product("ab", NAMES[:2]):
        y = effects[effects["level"] == level].set_index("dataset")["effect"]
        expected[level, name] = stats.spearmanr(properties[name], y)
    said = table.loc[list(expected)]
    assert list(said["rho"]) == pytest.approx([each.statistic for each in expected.values()])
    assert list(said["p"]) == pytest.approx([each.pvalue for each in expected.values()])
    holm = multipletests(said["p"], method="holm")[1]
    assert list(said["p_adjusted"]) == pytest.approx(list(holm))
    assert set(table["tests"]) == {4}
    assert set(table.xs("same", level="property")["reason"]) == {"equal on all datasets"}
    assert table.loc[("a", "size"), "verdict"] == OPPOSED
    assert table.loc[("b", "size"), "verdict"] == OPEN


@pytest.mark.parametrize("values", [[3, 1, 2, 4, 6, 5], [1, 1, 2, 2, 3, 4], [1, 2, 3, 4, 5, 6]])
def test_p_counts_all_orders(values: list[int]) -> None:
    x = np.arange(6.0)

    def statistic(y: np.ndarray) -> float:
        return float(stats.spearmanr(x, y).statistic)

    exact = stats.permutation_test((values,), statistic, permutation_type="pairings", n_resamples=math.inf)
    two_sided = np.mean(np.abs(exact.null_distribution) >= abs(exact.statistic) - 1e-9)
    assert permutation_p(x, values) == pytest.approx(two_sided)


@pytest.mark.parametrize(("tests", "needed"), [(0, 5), (1, 5), (5, 6), (10, 6), (18, 6), (19, 7), (100, 7), (200, 8)])
def test_datasets_that_could_show_it(tests: int, needed: int) -> None:
    assert datasets_needed(tests) == needed
    assert max(1, tests) * 2 / math.factorial(needed) <= 0.05 < max(1, tests) * 2 / math.factorial(needed - 1)


def test_few_datasets_say_so_whatever_they_show() -> None:
    table = moderation(*examples(4, noise=0.0), NAMES)
    assert set(table["verdict"]) == {UNSAID}
    assert "4 datasets cannot show it: 2 tests, 5 needed" in set(table["reason"])  # b has no spread at all
    assert table["rho"].isna().all()
    enough = moderation(*examples(6), NAMES).set_index(["level", "property"])
    assert enough.loc[("a", "size"), "verdict"] == OPPOSED
    assert enough.loc[("a", "size"), "p"] == pytest.approx(2 / 720)


def test_a_property_that_is_not_defined_everywhere_counts_fewer_datasets() -> None:
    effects, properties = examples(8)
    properties.loc["data0", "size"] = np.nan
    table = moderation(effects, properties, NAMES).set_index(["level", "property"])
    assert (table.loc[("a", "size"), "n_datasets"], table.loc[("a", "distinct"), "n_datasets"]) == (7, 8)


@pytest.mark.parametrize("count", [4, 6, 13])
def test_intervals_hold_the_estimate_are_symmetric_and_never_a_point(count: int) -> None:
    for rho in (-1.0, -0.4, 0.0, 0.9, 1.0):
        low, high = rho_interval(rho, count)
        assert -1 <= low <= rho <= high <= 1
        assert low < high
        assert rho_interval(-rho, count) == pytest.approx((-high, -low))
    assert all(math.isnan(end) for end in rho_interval(0.5, 3))


def test_signs() -> None:
    effects, properties = examples(7)
    assert moderation(effects.assign(effect=-effects["effect"]), properties, NAMES)["verdict"].iloc[0] == TOGETHER
