from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reports.statistics.effects import effects
from reports.statistics.inference import datasets_like_these, mean_of, satterthwaite, sd_of, t_test, these_datasets
from tests.reports.statistics.examples import blocks_table, only

VALUES = {"A": [0.1, 0.3, 0.2, 0.5], "B": [-0.1, 0.0, 0.4], "C": [0.7, 0.9]}


def test_rule_3_is_the_t_test_of_scipy() -> None:
    table = effects(blocks_table(VALUES), ["b"], list(VALUES), math.log(1.05))
    for dataset, d in VALUES.items():
        row, expected = only(table, dataset=dataset), stats.ttest_1samp(d, 0)
        interval = expected.confidence_interval(0.95)
        assert row["p"] == pytest.approx(expected.pvalue, rel=1e-10)
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-10)
        assert row["df"] == pytest.approx(len(d) - 1)
        narrower = expected.confidence_interval(0.90)
        assert (row["low90"], row["high90"]) == pytest.approx((narrower.low, narrower.high), rel=1e-10)


def test_rule_4_is_the_sum_of_variances_with_satterthwaite() -> None:
    row = only(effects(blocks_table(VALUES), ["b"], list(VALUES), 0.1), dataset=None, question="these datasets")
    v = {name: np.var(d, ddof=1) / len(d) for name, d in VALUES.items()}
    total = sum(v.values())
    df = total**2 / sum(v[name] ** 2 / (len(d) - 1) for name, d in VALUES.items())
    estimate, se = sum(np.mean(d) for d in VALUES.values()) / 3, math.sqrt(total) / 3
    assert (row["estimate"], row["se"], row["df"]) == pytest.approx((estimate, se, df), rel=1e-10)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(estimate) / se, df), rel=1e-10)
    assert row["high"] == pytest.approx(estimate + stats.t.ppf(0.975, df) * se, rel=1e-10)


def test_rule_4_of_two_datasets_is_welch() -> None:
    """The sum of two independent means has the distribution of their difference, which scipy tests."""
    a, b = VALUES["A"], VALUES["B"]
    row = only(effects(blocks_table({"A": a, "B": b}), ["b"], ["A", "B"], 0.1), dataset=None, question="these datasets")
    expected = stats.ttest_ind(a, [-value for value in b], equal_var=False)
    assert row["p"] == pytest.approx(expected.pvalue, rel=1e-10)
    assert row["df"] == pytest.approx(expected.df, rel=1e-10)


def test_rule_4_judges_without_a_dataset_of_one_seed_and_rule_5_uses_it() -> None:
    values = VALUES | {"D": [5.0]}
    table = effects(blocks_table(values), ["b"], list(values), 0.1)
    these, like = (only(table, dataset=None, question=name) for name in ("these datasets", "datasets like these"))
    without = only(effects(blocks_table(VALUES), ["b"], list(VALUES), 0.1), dataset=None, question="these datasets")
    assert these["estimate"] == pytest.approx(without["estimate"])
    assert (these["n_datasets"], these["datasets_left_out"]) == (3, "D")
    assert like["n_datasets"] == 4
    assert like["p"] == pytest.approx(stats.ttest_1samp([np.mean(d) for d in values.values()], 0).pvalue, rel=1e-10)


def test_rule_4_of_one_dataset_is_that_dataset() -> None:
    table = effects(blocks_table({"A": VALUES["A"]}), ["b"], ["A"], 0.1)
    assert table["dataset"].fillna("").tolist() == ["A", ""]
    assert only(table, dataset=None)["question"] == "datasets like these"


def test_rule_5_is_the_t_test_of_dataset_means() -> None:
    row = only(effects(blocks_table(VALUES), ["b"], list(VALUES), 0.1), question="datasets like these")
    expected = stats.ttest_1samp([np.mean(d) for d in VALUES.values()], 0)
    assert (row["p"], row["df"]) == pytest.approx((expected.pvalue, 2), rel=1e-10)
    assert row["warning"] == "fewer than 5 datasets"


def test_rule_5_cannot_be_said_of_one_dataset() -> None:
    row = only(effects(blocks_table({"A": VALUES["A"]}), ["b"], ["A"], 0.1), question="datasets like these")
    assert row["reason"] == "one dataset"
    assert math.isnan(row["p"])


def test_rule_5_warns_of_chosen_datasets_alone_from_five() -> None:
    values = {str(index): [index / 10, index / 7] for index in range(5)}
    assert effects(blocks_table(values), ["b"], list(values), 0.1)["warning"].isna().all()
    table = effects(blocks_table(values), ["b"], list(values), 0.1, chosen=True)
    assert only(table, question="datasets like these")["warning"] == "datasets chosen for a belief about them"


@pytest.mark.parametrize(
    ("values", "single", "these", "like"),
    [
        ({"A": [0.0] * 3, "B": [0.0] * 3}, "identical", "identical", "identical"),
        ({"A": [0.1 + 0.2 - 0.3] * 3, "B": [0.0] * 3}, "identical", "identical", "identical"),
        ({"A": [0.3] * 3, "B": [0.1 + 0.2] * 2}, "same difference", "same difference", "same difference"),
        ({"A": [0.3] * 3, "B": [0.4] * 3}, "same difference", "no spread over seeds", None),
        ({"A": [0.3], "B": [0.4]}, "one block", "one seed a dataset", None),
        ({"A": [], "B": [0.4]}, "no pair in the design", "one seed a dataset", "one dataset"),
    ],
)
def test_rules_3_to_5_without_spread_have_no_p(
    values: dict[str, list[float]], single: str, these: str, like: str | None
) -> None:
    table = effects(blocks_table(values), ["b"], list(values), 0.1)
    assert only(table, dataset="A")["reason"] == single
    assert only(table, dataset=None, question="these datasets")["reason"] == these
    row = only(table, question="datasets like these")
    assert (None if isinstance(row["reason"], float) else row["reason"]) == like
    assert table.loc[table["reason"].notna(), ["p", "low", "p_equivalence"]].isna().all(axis=None)


@pytest.mark.parametrize("size", [1e-320, 1e-160, 1e160, 1e300])
def test_rules_3_to_5_do_not_depend_on_the_size_of_numbers(size: float) -> None:
    m, s = np.array([0.2, -0.1, 0.4]), np.array([0.1, 0.2, 0.05])
    usual, found = (these_datasets(k * m, k * s, np.array([3, 4, 5])) for k in (1.0, size))
    tolerance = 0.05 if size < 1e-300 else 1e-9
    assert float(found.df) == pytest.approx(float(usual.df), rel=tolerance)
    assert float(t_test(found).p) == pytest.approx(float(t_test(usual).p), rel=tolerance)
    assert float(sd_of(size * m)) == pytest.approx(size * float(sd_of(m)), rel=tolerance)
    assert float(t_test(datasets_like_these(size * m)).p) == pytest.approx(
        float(stats.ttest_1samp(m, 0).pvalue), rel=tolerance
    )


def test_rules_3_to_5_the_arithmetic_of_nothing_is_missing() -> None:
    assert math.isnan(float(mean_of([])))
    assert math.isnan(float(sd_of([1.0])))
    assert math.isnan(float(satterthwaite([0.0, 0.0], [1, 1])))
