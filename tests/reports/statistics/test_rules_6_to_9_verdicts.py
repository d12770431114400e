from __future__ import annotations

import gc
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from reports.statistics import MetricSpec, Options, compare
from reports.statistics.effects import CANNOT_SAY, effects
from reports.statistics.family import adjust, holm
from reports.statistics.more_seeds import add_needed, smallest_n, upper_sd
from reports.statistics.verdicts import UNDECIDED_BECAUSE, judge
from tests.reports.statistics.examples import LOSS, PROBE, blocks_table, only, random_trials, ssl_sweep, two_levels

pytestmark = pytest.mark.whole


def judged(values: dict[str, list[float]], margin: float = 0.02, direction: str | None = "higher") -> pd.DataFrame:
    """The verdicts of rule 8 for differences of accuracies without diverged trials."""
    table = effects(blocks_table(values), ["b"], list(values), margin)
    table = table.assign(n_diverged=0.0, n_diverged_reference=0.0, n_ended=9.0, n_ended_reference=9.0)
    return judge(adjust(table).assign(direction=direction, margin_on_scale=margin))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_rule_6_holm_is_that_of_a_slow_version(p: list[float]) -> None:
    order = np.argsort(p, kind="stable")
    expected, largest = np.empty(len(p)), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[index]))
        expected[index] = largest
    np.testing.assert_allclose(holm(p), expected, rtol=1e-12)


def test_rule_6_holm_leaves_nothing_frozen() -> None:
    gc.unfreeze()  # what a launch in this process may have frozen
    before = gc.get_freeze_count()
    holm([0.1, 0.2])
    assert gc.get_freeze_count() == before


def test_rule_6_a_family_is_all_levels_single_datasets_and_overall_of_one_question() -> None:
    design = ssl_sweep(datasets=3)
    table = compare(random_trials(design), design, LOSS, "ssl")
    sizes = {"these datasets": 2 * (3 + 1), "datasets like these": 2}
    for question, size in sizes.items():
        rows = table[table["question"] == question]
        assert len(rows) == size
        assert (rows["family_size"] == size).all()
        for name in ("p", "p_equivalence"):
            expected = multipletests(rows[name].to_numpy(), method="holm")[1]
            np.testing.assert_allclose(rows[f"{name}_adjusted"].to_numpy(), expected, rtol=1e-12)


def test_rule_6_what_has_no_p_is_not_in_the_family() -> None:
    table = judged({"A": [0.1, 0.2, 0.3], "B": [0.1, 0.1, 0.1], "C": [0.2]})
    rows = table[table["question"] == "these datasets"]
    assert rows["p"].notna().sum() == 2
    assert (rows["family_size"] == 2).all()


def test_rule_6_intervals_are_not_adjusted() -> None:
    design = ssl_sweep(datasets=3)
    table = compare(random_trials(design), design, LOSS, "ssl")
    excludes = (table["low"] > 0) | (table["high"] < 0)
    assert (excludes == (table["p"] <= 0.05)).all()


def test_rule_7_is_the_two_one_sided_tests_of_statsmodels() -> None:
    d = [0.01, -0.005, 0.012, 0.004, -0.002]
    row = only(judged({"A": d}), dataset="A")
    expected = DescrStatsW(np.array(d)).ttost_mean(-0.02, 0.02)[0]
    assert row["p_equivalence"] == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=8).filter(lambda d: len(set(d)) > 1))
def test_rule_7_p_at_most_5_percent_is_the_90_percent_interval_inside(d: list[int]) -> None:
    row = only(judged({"A": [value / 1000 for value in d]}), dataset="A")
    assert (row["p_equivalence"] <= 0.05) == (row["low90"] >= -0.02 and row["high90"] <= 0.02)


def test_rule_7_a_relative_margin_is_symmetric_in_the_ratio() -> None:
    design = two_levels(seeds=6)
    row = only(compare(random_trials(design), design, LOSS, "variant"), dataset="data0")
    bound = math.log(1.05)
    low, high = (stats.t.sf((sign * row["estimate"] + bound) / row["se"], row["df"]) for sign in (1, -1))
    assert row["p_equivalence"] == pytest.approx(max(low, high), rel=1e-9)


def test_rule_7_without_a_margin_nothing_is_equivalent() -> None:
    design = two_levels(seeds=6)
    metric = MetricSpec(name="val_loss", scale="log", direction="lower")
    table = compare(random_trials(design), design, metric, "variant")
    assert table[["p_equivalence", "p_equivalence_adjusted", "margin"]].isna().all(axis=None)
    assert not table["verdict"].str.contains("equivalent").any()


NOISE = [0.001, -0.001, 0.002, -0.002, 0.0005, -0.0005, 0.001, -0.001]


@pytest.mark.parametrize(
    ("shift", "direction", "verdict"),
    [
        (0.1, "higher", "better"),
        (-0.1, "higher", "worse"),
        (-0.1, "lower", "better"),
        (0.1, None, "higher"),
        (-0.1, None, "lower"),
        (0.0, "higher", "equivalent"),
        (0.01, "higher", "better and equivalent"),
        (-0.01, "higher", "worse and equivalent"),
        (0.01, None, "higher and equivalent"),
    ],
)
def test_rule_8_words_are_made_from_the_numbers(shift: float, direction: str | None, verdict: str) -> None:
    row = only(judged({"A": [shift + noise for noise in NOISE]}, direction=direction), dataset="A")
    assert row["verdict"] == verdict
    assert pd.isna(row["reason"])


def test_rule_8_undecided_says_why() -> None:
    row = only(judged({"A": [0.1, -0.1, 0.2, -0.15]}), dataset="A")
    assert (row["verdict"], row["reason"]) == ("undecided", "not shown")
    values = {"A": [0.03, 0.05, 0.06, 0.02], "B": [0.1, -0.1, 0.2, -0.15], "C": [0.3, -0.1, 0.2, -0.15]}
    row = only(judged(values), dataset="A")
    assert row["p"] <= 0.05 < row["p_adjusted"]
    assert row["low"] > 0
    assert (row["verdict"], row["reason"]) == ("undecided", "adjusted")


def test_rule_8_three_seeds_do_not_decide_one_dataset_unless_equivalent() -> None:
    three = [0.1, 0.1001, 0.1002]
    row = only(judged({"A": three}), dataset="A")
    assert row["p_adjusted"] < 1e-3
    assert (row["verdict"], row["reason"]) == ("undecided", "few seeds")
    row = only(judged({"A": [value - 0.09 for value in three]}), dataset="A")
    assert row["p_adjusted"] < 1e-3
    assert (row["verdict"], row["reason"]) == ("equivalent", "few seeds")
    assert only(judged({"A": [*three, 0.1003]}), dataset="A")["verdict"] == "better"


@pytest.mark.parametrize(("datasets", "verdict"), [(3, "undecided"), (4, "better")])
def test_rule_8_with_few_seeds_an_overall_verdict_needs_four_datasets(datasets: int, verdict: str) -> None:
    values = {str(index): [0.1 + index / 1000, 0.1001 + index / 1000] for index in range(datasets)}
    table = judged(values)
    for question in ("these datasets", "datasets like these"):
        row = only(table, dataset=None, question=question)
        assert row["p_adjusted"] < 1e-3
        assert row["verdict"] == verdict
    assert (table.loc[table["dataset"].notna(), "verdict"] == "undecided").all()


def test_rule_8_every_reason_has_words() -> None:
    design = ssl_sweep(datasets=3, seeds=3)
    trials = random_trials(design)
    trials.loc[trials["dataset"] == "data1", "status"] = "failed"
    table = compare(trials, design, LOSS, "ssl", Options(chosen_datasets=True))
    assert set(table["reason"].dropna()) <= CANNOT_SAY.keys() | UNDECIDED_BECAUSE.keys()
    assert table["verdict"].notna().all()


@pytest.mark.parametrize("df_per_unit", [1.0, 2.5])
@pytest.mark.parametrize(("sd", "margin"), [(0.1, 0.05), (0.01, 0.02), (0.3, 0.0488), (1e-6, 1.0)])
def test_rule_9_is_the_first_n_of_a_slow_search(sd: float, margin: float, df_per_unit: float) -> None:
    n = 2
    while stats.t.ppf([0.95, 0.9], df_per_unit * (n - 1)).sum() * sd / math.sqrt(n) > margin:
        n += 1
    assert smallest_n(sd, margin, df_per_unit) == n


def test_rule_9_uses_the_upper_limit_of_the_sd() -> None:
    assert upper_sd(0.1, 5) == pytest.approx(math.sqrt(0.01 * 5 / stats.chi2.ppf(0.2, 5)))
    draws = np.random.default_rng(0).normal(size=(20_000, 4)).std(axis=1, ddof=1)
    assert np.mean([upper_sd(sd, 3) >= 1 for sd in draws]) == pytest.approx(0.8, abs=0.01)


def test_rule_9_so_many_seeds_show_equivalence_with_80_percent_power() -> None:
    n = int(smallest_n(0.1, 0.05))
    d = np.random.default_rng(1).normal(0, 0.1, (20_000, n))
    half = stats.t.ppf(0.95, n - 1) * d.std(axis=1, ddof=1) / math.sqrt(n)
    assert np.mean(np.abs(d.mean(axis=1)) + half <= 0.05) == pytest.approx(0.8, abs=0.03)


def test_rule_9_never_from_the_effect_that_was_seen() -> None:
    needed = [
        only(add_needed(judged({"A": [shift + 5 * noise for noise in NOISE]})), dataset="A")["needed"]
        for shift in (0.0, 0.05, 7.0)
    ]
    assert len(set(needed)) == 1


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_rule_9_with_fewer_than_four_run_four_first(seeds: int) -> None:
    design = ssl_sweep(datasets=2, seeds=seeds)
    table = compare(random_trials(design), design, PROBE, "ssl")
    assert (table["needed"] == 4).all()
    assert table["needed_first"].all()


def test_rule_9_without_spread_or_margin_there_is_no_number() -> None:
    table = add_needed(judged({"A": [0.3] * 5}))
    assert table["needed"][0] != table["needed"][0]
    table = add_needed(judged({"A": NOISE}, margin=math.nan))
    assert math.isnan(only(table, dataset="A")["needed"])
    assert smallest_n(1e9, 1e-9) == math.inf
