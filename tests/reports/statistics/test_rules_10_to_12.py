from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

from reports.statistics import compare
from reports.statistics.blocks import make_blocks
from reports.statistics.interaction import contrast, spread_of_effects
from reports.statistics.more_seeds import smallest_n, upper_sd
from reports.statistics.pairs import make_pairs
from reports.statistics.ranks import can_reject, compare_ranks
from tests.reports.statistics.examples import (
    LOSS,
    PROBE,
    blocks_table,
    only,
    random_trials,
    ssl_sweep,
    two_levels,
    with_values,
)  # fmt: skip


def accuracies(datasets: int, levels: int) -> pd.DataFrame:
    values = np.random.default_rng(2).normal(size=(datasets, levels)) + np.arange(levels)
    return pd.DataFrame(values, columns=[f"level{index}" for index in range(levels)])


def test_rule_10_is_wilcoxon_holm_of_scikit_posthocs_and_friedman_of_scipy() -> None:
    means = accuracies(9, 4)
    table = compare_ranks(means, "higher")
    expected = scikit_posthocs.posthoc_wilcoxon([means[name] for name in means], p_adjust="holm")
    for _, row in table.iterrows():
        a, b = means.columns.get_loc(row["level_a"]) + 1, means.columns.get_loc(row["level_b"]) + 1
        assert row["p_adjusted"] == pytest.approx(expected.loc[a, b], rel=1e-9)
        assert row["p"] == pytest.approx(stats.wilcoxon(means[row["level_a"]], means[row["level_b"]]).pvalue)
    friedman = stats.friedmanchisquare(*(means[name] for name in means))
    assert set(table["p_friedman"]) == {friedman.pvalue}
    ranks = means.rank(axis=1, ascending=False).mean()
    assert table.set_index("level_a")["rank_a"]["level0"].iloc[0] == pytest.approx(ranks["level0"])


@pytest.mark.parametrize(("datasets", "comparisons", "can"), [(7, 6, False), (8, 6, True), (5, 1, False), (6, 1, True)])
def test_rule_10_ranks_only_where_they_can_reject(datasets: int, comparisons: int, can: bool) -> None:
    assert can_reject(datasets, comparisons) is can


def test_rule_10_else_it_says_that_so_many_datasets_cannot_reject() -> None:
    table = compare_ranks(accuracies(7, 4), "higher")
    assert set(table["reason"]) == {"too few datasets"}
    assert table[["p", "p_adjusted", "p_friedman"]].isna().all(axis=None)
    assert table["rank_a"].notna().all()


def test_rule_10_values_that_differ_by_rounding_share_a_rank() -> None:
    means = pd.DataFrame({"a": [0.1 + 0.2] * 9, "b": [0.3] * 9, "c": [0.4] * 9})
    table = compare_ranks(means, "higher")
    row = only(table, level_a="a", level_b="b")
    assert (row["rank_a"], row["rank_b"], row["p"]) == (2.5, 2.5, 1.0)
    assert only(table, level_a="a", level_b="c")["p"] < 0.05


def test_rule_11_results_without_seeds_are_compared_by_welch_and_marked() -> None:
    design = two_levels(datasets=2, seeds=5)
    trials = random_trials(design)
    found = {name: rows["val_loss"] for name, rows in trials[trials["dataset"] == "data0"].groupby("variant")}
    a, b = np.log(found["a"]), np.log(found["b"])
    table = compare(trials.drop(columns="seed"), design, LOSS, "variant")
    assert not table["paired"].any()
    row, expected = only(table, dataset="data0"), stats.ttest_ind(b, a, equal_var=False)
    assert (row["p"], row["df"]) == pytest.approx((expected.pvalue, expected.df), rel=1e-9)
    interval = expected.confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert (row["n_level"], row["n_reference"], row["n_seeds"]) == (5, 5, 5)


def test_rule_11_overall_is_satterthwaite_over_all_terms_and_dataset_means() -> None:
    design = two_levels(datasets=3, seeds=5)
    trials = random_trials(design).assign(seed=None)
    trials = trials.drop(index=[0, 7])
    groups = [np.log(found["val_loss"]) for _, found in trials.groupby(["dataset", "variant"])]
    v = [found.var(ddof=1) / len(found) for found in groups]
    df = sum(v) ** 2 / sum(part**2 / (len(found) - 1) for part, found in zip(v, groups, strict=True))
    means = [groups[2 * index + 1].mean() - groups[2 * index].mean() for index in range(3)]
    table = compare(trials, design, LOSS, "variant")
    row = only(table, dataset=None, question="these datasets")
    expected = (np.mean(means), math.sqrt(sum(v)) / 3, df)
    assert (row["estimate"], row["se"], row["df"]) == pytest.approx(expected, rel=1e-9)
    like = only(table, question="datasets like these")
    assert like["p"] == pytest.approx(stats.ttest_1samp(means, 0).pvalue, rel=1e-9)


def test_rule_11_one_baseline_for_many_settings_counts_its_variance_once() -> None:
    design = ssl_sweep(datasets=1, seeds=6)
    trials = random_trials(design).drop(columns="seed")
    found = {key: np.log(rows["val_loss"]) for key, rows in trials.groupby(
        ["ssl", "augmentations", "aug_recon_weight"], dropna=False)}  # fmt: skip
    settings = [y for key, y in found.items() if key[0] == "vibcreg"]
    (none,) = (y for key, y in found.items() if key[0] == "none")
    row = only(compare(trials, design, LOSS, "ssl"), level="vibcreg", dataset="data0")
    v = sum(y.var(ddof=1) / 6 / 16 for y in settings) + none.var(ddof=1) / 6
    assert row["estimate"] == pytest.approx(np.mean([y.mean() for y in settings]) - none.mean())
    assert row["se"] == pytest.approx(math.sqrt(v), rel=1e-9)


@pytest.mark.parametrize(
    ("kept", "reason"),
    [([0, 1, 5, 6], None), ([0, 5, 6], "one block"), ([0, 1], "no pair in the design"), ([], "no pair in the design")],
)
def test_rule_11_with_too_few_values_it_says_so(kept: list[int], reason: str | None) -> None:
    design = two_levels(datasets=1, seeds=5)
    trials = random_trials(design).assign(seed=None).loc[kept]
    row = only(compare(trials, design, LOSS, "variant"), dataset="data0")
    assert row["verdict"] in ("undecided", "cannot be said", "equivalent")
    if reason:
        assert row["reason"] == reason
    else:
        assert row["p"] > 0


def test_rule_11_how_many_more_counts_values_of_each_setting() -> None:
    design = two_levels(datasets=1, seeds=6)
    trials = random_trials(design).drop(columns="seed")
    sds = trials.groupby("variant")["probe_svm"].std()
    row = only(compare(trials, design, PROBE, "variant"), dataset="data0")
    assert row["sd"] == pytest.approx(math.hypot(*sds))
    assert row["se"] == pytest.approx(row["sd"] / math.sqrt(6))
    per_unit = (sds**2).sum() ** 2 / (sds**4).sum()
    assert row["df"] == pytest.approx(5 * per_unit)
    assert row["needed"] == smallest_n(upper_sd(row["sd"], row["df"]), 0.02, per_unit)


def test_rule_11_diverged_is_an_outcome_too() -> None:
    design = two_levels(datasets=1, seeds=6)
    generator = np.random.default_rng(6)
    trials = with_values(
        random_trials(design), "probe_svm", lambda row: 0.3 * (row.variant == "b") + float(generator.normal(0, 0.01))
    ).drop(columns="seed")
    assert only(compare(trials, design, PROBE, "variant"), dataset="data0")["verdict"] == "better"
    trials.loc[11, "status"] = "diverged"
    row = only(compare(trials, design, PROBE, "variant"), dataset="data0")
    assert (row["n_diverged"], row["n_ended"], row["n_diverged_reference"], row["n_ended_reference"]) == (1, 6, 0, 6)
    assert (row["verdict"], row["reason"]) == ("undecided", "diverges more often")


def test_rule_11_results_without_a_seed_are_not_mixed_with_pairs() -> None:
    design = two_levels(datasets=2, seeds=4)
    trials = random_trials(design)
    trials.loc[trials.index[:2], "seed"] = None
    table = compare(trials, design, LOSS, "variant")
    assert table["paired"].all()
    assert table["warning"].str.contains("2 results without a seed left out").all()


def test_rule_12_the_contrast_of_a_belief() -> None:
    values = {"A": [0.1, 0.2, 0.4], "B": [0.3, 0.1], "C": [-0.2, -0.1, 0.0, 0.1], "D": [0.0, -0.3, 0.2]}
    table = contrast(blocks_table(values), ["A", "B"], ["C", "D"])
    v = [np.var(d, ddof=1) / len(d) / 4 for d in values.values()]
    degrees = [len(d) - 1 for d in values.values()]
    df = sum(v) ** 2 / sum(part**2 / n for part, n in zip(v, degrees, strict=True))
    means = [np.mean(d) for d in values.values()]
    these = only(table, question="these datasets")
    estimate = (means[0] + means[1] - means[2] - means[3]) / 2
    assert (these["estimate"], these["se"], these["df"]) == pytest.approx((estimate, math.sqrt(sum(v)), df), rel=1e-9)
    like = only(table, question="datasets like these")
    expected = stats.ttest_ind(means[:2], means[2:], equal_var=False)
    assert (like["p"], like["df"]) == pytest.approx((expected.pvalue, expected.df), rel=1e-9)


def test_rule_12_one_dataset_in_a_group_says_nothing_about_others() -> None:
    table = contrast(blocks_table({"A": [0.1, 0.2], "B": [0.3, 0.5], "C": [0.3]}), ["A"], ["B", "C"])
    assert pd.isna(only(table, question="these datasets")["reason"])
    assert only(table, question="these datasets")["n_datasets_b"] == 1
    assert only(table, question="datasets like these")["reason"] == "a group has too few datasets"
    with pytest.raises(ValueError, match="both groups: A"):
        contrast(blocks_table({"A": [0.1]}), ["A"], ["A"])


def test_rule_12_the_spread_of_effects_over_datasets() -> None:
    row = spread_of_effects(blocks_table({"A": [0.1, 0.3], "B": [0.9, 0.7], "C": [0.0]})).iloc[0]
    assert row["sd"] == pytest.approx(np.std([0.2, 0.8, 0.0], ddof=1))
    assert (row["lowest_dataset"], row["highest_dataset"], row["n_datasets"]) == ("C", "B", 3)


def test_rule_12_takes_the_blocks_of_a_sweep() -> None:
    design = ssl_sweep(datasets=4)
    blocks = make_blocks(make_pairs(random_trials(design), design, LOSS, "augmentations"))
    table = contrast(blocks, ["data0", "data1"], ["data2", "data3"])
    assert table["p"].between(0, 1).all()
    assert len(spread_of_effects(blocks)) == 1
