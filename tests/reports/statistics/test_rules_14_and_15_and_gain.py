from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from reports.statistics import MetricSpec
from reports.statistics.answers import default_answers
from reports.statistics.gain import gain_of_pairing, intraclass_correlation
from reports.statistics.means import leading, leading_unpaired, table_of_means
from tests.reports.statistics.examples import (
    LOSS,
    PROBE,
    only,
    random_trials,
    ssl_sweep,
    two_levels,
    with_values,
)  # fmt: skip

pytestmark = pytest.mark.whole


def test_rule_14_means_are_over_seeds_that_all_settings_have() -> None:
    design = two_levels(seeds=4)
    trials = random_trials(design)
    trials.loc[(trials["variant"] == "b") & (trials["seed"] == "3"), "status"] = "failed"
    table = table_of_means(trials, design, PROBE).set_index("variant")
    for name in "ab":
        values = trials.loc[(trials["variant"] == name) & (trials["seed"] != "3"), "probe_svm"]
        assert table.loc[name, "mean"] == pytest.approx(values.mean())
        assert table.loc[name, "sd"] == pytest.approx(values.std())
    assert table["n"].tolist() == [3, 3]
    assert table["n_own"].tolist() == [4, 3]
    assert not table["complete"].any()


def clear_winner(seeds: int = 6) -> pd.DataFrame:
    """A sweep in which vibcreg with warp is best at both weights, by far and alike."""
    design = ssl_sweep(datasets=1, seeds=seeds)
    generator = np.random.default_rng(4)

    def accuracy(row: pd.Series) -> float:
        return 0.5 + 0.3 * (row.ssl == "vibcreg" and row.augmentations == "warp") + float(generator.normal(0, 0.01))

    return with_values(random_trials(design), "probe_svm", accuracy)


def test_rule_14_best_are_those_that_share_the_first_place_by_test() -> None:
    table = table_of_means(clear_winner(), ssl_sweep(datasets=1, seeds=6), PROBE)
    best = table[table["best"]]
    assert set(zip(best["ssl"], best["augmentations"], strict=True)) == {("vibcreg", "warp")}
    assert set(best["aug_recon_weight"]) == {"0.05", "0.2"}


def test_rule_14_no_single_removal_changes_the_best_it_only_takes_it_away() -> None:
    trials = clear_winner(seeds=4)
    design = ssl_sweep(datasets=1, seeds=4)
    for index in trials.index:
        lacking = trials.assign(status=trials["status"].where(trials.index != index, "missing"))
        assert not table_of_means(lacking, design, PROBE)["best"].any()


def test_rule_14_nothing_is_best_without_four_seeds_or_a_direction() -> None:
    assert not table_of_means(clear_winner(3), ssl_sweep(datasets=1, seeds=3), PROBE)["best"].any()
    metric = MetricSpec(name="probe_svm", scale="raw")
    assert not table_of_means(clear_winner(), ssl_sweep(datasets=1, seeds=6), metric)["best"].any()


def test_rule_14_equal_up_to_rounding_is_equal() -> None:
    y = np.array([[0.1 + 0.2] * 5, [0.3] * 5, [0.2] * 5])
    assert leading(y, "higher").tolist() == [True, True, False]
    assert leading(y, "lower").tolist() == [False, False, True]
    assert not leading(np.full((3, 5), 0.8), "higher").any()


def test_rule_11_means_without_seeds_are_over_all_runs_of_a_setting() -> None:
    design = two_levels(seeds=5)
    trials = random_trials(design)
    trials = trials.drop(trials[(trials["variant"] == "b") & (trials["seed"] == "3")].index).assign(seed=None)
    table = table_of_means(trials, design, PROBE).set_index("variant")
    assert table["n"].tolist() == table["n_own"].tolist() == [5, 4]
    for name in "ab":
        values = trials.loc[trials["variant"] == name, "probe_svm"]
        assert table.loc[name, "mean"] == pytest.approx(values.mean())
        assert table.loc[name, "sd"] == pytest.approx(values.std())
    assert table["complete"].all()


@pytest.mark.parametrize("seed", range(20))
def test_rule_11_first_places_without_seeds_are_by_welch_and_holm(seed: int) -> None:
    """Against scipy's and statsmodels' own, for settings of other sizes and spreads."""
    generator = np.random.default_rng(seed)
    values = [generator.normal(0.4 * place, 0.2 + 0.1 * place, 4 + place) for place in range(4)]
    found = leading_unpaired(values, "higher")
    couples = list(combinations(range(4), 2))
    p = [stats.ttest_ind(values[a], values[b], equal_var=False).pvalue for a, b in couples]
    rejected = multipletests(p, 0.05, "holm")[0]
    first = int(np.argmax([each.mean() for each in values]))
    beaten = {other for (a, b), differs in zip(couples, rejected, strict=True) for other in (a, b)
              if differs and first in (a, b) and other != first}  # fmt: skip
    assert found.tolist() == [bool(beaten) and place not in beaten for place in range(4)]


def test_rule_11_settings_without_spread_are_told_apart_by_their_values() -> None:
    values = [np.full(4, 0.5), np.full(4, 0.5 + 1e-15), np.full(4, 0.4)]
    assert leading_unpaired(values, "higher").tolist() == [True, True, False]
    assert not leading_unpaired(values[:2], "higher").any()
    assert not leading_unpaired(values[:1], "higher").any()


def test_rule_15_what_a_sweep_answers_by_default() -> None:
    assert default_answers(1) == ("val_loss", "probe_svm")
    assert default_answers(2) == ("val_loss", "probe_svm", "fid", "cas")


def test_gain_is_the_noise_that_seeds_share() -> None:
    design = ssl_sweep(datasets=2, seeds=40)
    row = only(gain_of_pairing(random_trials(design), design, LOSS, "aug_recon_weight"), dataset=None)
    assert row["intraclass_correlation"] == pytest.approx(0.09 / (0.09 + 0.0009), abs=0.01)
    assert row["seed_to_pair"] == pytest.approx(math.sqrt(0.0909 / 0.0018), rel=0.15)
    assert row["unpaired_to_paired"] == pytest.approx(math.sqrt(2) * row["seed_to_pair"])
    assert (row["n_seeds"], row["n_settings"]) == (40, 9)


def test_gain_is_none_where_seeds_share_nothing() -> None:
    design = ssl_sweep(datasets=2, seeds=40)
    generator = np.random.default_rng(5)
    trials = with_values(random_trials(design), "probe_svm", lambda row: float(generator.normal()))
    row = only(gain_of_pairing(trials, design, PROBE, "aug_recon_weight"), dataset=None)
    assert row["intraclass_correlation"] == pytest.approx(0.0, abs=0.05)
    assert row["unpaired_to_paired"] == pytest.approx(1.0, rel=0.1)


def test_gain_correlation_is_that_of_an_analysis_of_variance() -> None:
    """The example of Shrout and Fleiss (1979): ICC(3,1) = 0.71."""
    rows = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    ratings = np.array(rows, dtype=float)
    assert intraclass_correlation([ratings]) == pytest.approx(0.7148, abs=1e-4)
    assert math.isnan(intraclass_correlation([ratings[:1]]))
    assert math.isnan(intraclass_correlation([np.ones((3, 3))]))
