"""Ranks, wins, ties and losses of the metrics that a sweep answers for."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from reports.claims.table import claims_table
from reports.read_store import Results
from reports.statistics.level_means import level_means
from reports.statistics.ranks import average_ranks, datasets_needed
from reports.tables.ranks import COUNTS, Ranking, rank_tests_table, rankings, ranks_table
from reports.tables.ranks_paper import ranks_paper
from tests.reports.claims.sweeps import noisy, random_results, results_of, two_variants
from tests.reports.statistics.examples import LOSS, Example, cells, random_trials, ssl_sweep, with_values


def ranked(results: Results) -> list[Ranking]:
    return rankings(results, claims_table(results))


def of_methods(datasets: int, **sweep: object) -> Results:
    """Three methods by val_loss: b is always the best, c the worst on even datasets and second on odd ones."""
    design = Example(
        factors={
            "dataset": [f"data{index}" for index in range(datasets)],
            "ssl": ["a", "b", "c"],
            "seed": ["0", "1", "2", "3"],
        }
    )
    generator = np.random.default_rng(5)

    def value(row: pd.Series) -> float:
        even = int(row["dataset"].removeprefix("data")) % 2 == 0
        factor = {"a": 1.0, "b": 0.5, "c": 1.4 if even else 0.8}[row["ssl"]]
        return (1 + int(row["seed"])) * factor * math.exp(0.01 * generator.normal())

    return results_of(with_values(cells(design), "val_loss", value), design, **{"answers": ("val_loss",), **sweep})


def test_average_ranks_and_counts() -> None:
    (one,) = ranked(of_methods(4))
    assert {each.level: each.rank for each in one.levels} == {"a": 2.5, "b": 1.0, "c": 2.5}
    counts = {each.level: each.counts for each in one.levels}
    none = dict.fromkeys(COUNTS, 0)
    assert counts == {"a": {}, "b": none | {"better": 4}, "c": none | {"better": 2, "worse": 2}}
    assert one.datasets == 4


def test_ranks_agree_with_plain_pandas() -> None:
    results = random_results(ssl_sweep(datasets=5), answers=("val_loss",))
    log = results.cells.assign(y=np.log(results.cells["val_loss"]))
    for one in ranked(results):
        means = log.dropna(subset=[one.factor]).groupby(["dataset", one.factor])["y"].mean().unstack()
        expected = means.rank(axis=1).mean()
        assert {each.level: each.rank for each in one.levels} == pytest.approx(expected.to_dict()), one.factor


def test_ties_are_split_in_equivalent_and_undecided_never_by_the_third_digit() -> None:
    size = {"data0": 0.0001, "data1": -0.0001, "data2": 0.0, "data3": 0.5}
    (one,) = ranked(two_variants(noisy(size, noise=0.01), datasets=4))
    assert one.levels[1].counts == dict.fromkeys(COUNTS, 0) | {"equivalent": 3, "worse": 1}
    (one,) = ranked(two_variants(noisy(size, noise=0.4), datasets=4))
    assert one.levels[1].counts["undecided"] + one.levels[1].counts["worse"] == 4
    assert one.levels[1].counts["undecided"] >= 3


def test_equal_values_share_a_rank_and_are_equivalent() -> None:
    (one,) = ranked(two_variants(lambda row: 0.1 + 0.2 if row["variant"] == "a" else 0.3, datasets=3))
    assert [each.rank for each in one.levels] == [1.5, 1.5]
    assert one.levels[1].counts["equivalent"] == 3


def test_seeds_and_datasets_that_not_all_levels_have_are_left_out_and_named() -> None:
    results = of_methods(3)
    gone = (results.cells["dataset"] == "data0") & (results.cells["ssl"] == "c")
    gone |= (
        (results.cells["dataset"] == "data2") & (results.cells["ssl"] == "b") & results.cells["seed"].isin(["1", "3"])
    )
    kept = results_of(results.cells[~gone].drop(columns="recorded"), Example(factors=results.sweep.factors))
    (one,) = ranked(kept)
    assert one.left_out == ("data0", "data2 seeds 1, 3")
    assert one.datasets == 2
    assert {each.level: each.rank for each in one.levels} == {"a": 2.5, "b": 1.0, "c": 2.5}
    assert one.words[-1] == "Not in the ranks, because not all levels have them: data0 and data2 seeds 1, 3."
    assert set(rank_tests_table([one])["left_out"]) == {"data0; data2 seeds 1, 3"}


@pytest.mark.parametrize("datasets", [2, 6, 7])
def test_tests_are_made_where_they_can_reject_and_else_it_is_said(datasets: int) -> None:
    (one,) = ranked(of_methods(datasets))
    if datasets < 7:
        words = f"{datasets} datasets cannot reject anything: with 3 comparisons, 7 are needed"
        assert one.words == (f"{words} (comparisons · 2/2^datasets ≤ 0.05).",)
        assert one.tests["p"].isna().all()
    else:
        assert one.words[0].startswith("Friedman's test over 7 datasets: p = ")
        assert "b ranks before a (p = 0.047); b ranks before c (p = 0.047)" in one.words[0]


@pytest.mark.parametrize("comparisons", [1, 3, 6, 10, 45])
def test_datasets_needed_is_the_smallest(comparisons: int) -> None:
    needed = datasets_needed(comparisons)
    assert comparisons * 2 / 2**needed <= 0.05 < comparisons * 2 / 2 ** (needed - 1)


def test_nothing_is_ranked_by_one_dataset_or_a_metric_without_direction() -> None:
    assert ranked(of_methods(1)) == []
    results = of_methods(3, answers=("commitment",))
    cells_of = results.cells.rename(columns={"val_loss": "commitment"})
    assert ranked(results_of(cells_of.drop(columns="recorded"), Example(factors=results.sweep.factors))) == []
    assert ranks_paper(results, []) == []
    assert list(ranks_table([])) == ["factor", "metric", "level", "is_reference", "rank", "datasets", *COUNTS]


def test_nothing_done_is_said() -> None:
    results = of_methods(3)
    (one,) = ranked(results_of(results.cells[results.cells["ssl"] != "c"].drop(columns="recorded"),
                               Example(factors=results.sweep.factors)))  # fmt: skip
    assert one.datasets == 0
    assert one.words[0] == "Not ranked: no dataset has all levels."
    assert all(math.isnan(each.rank) for each in one.levels)


def test_results_without_seeds_are_ranked_by_their_means() -> None:
    design = ssl_sweep(datasets=4)
    trials = random_trials(design).drop(columns="seed")
    made = level_means(trials, design, LOSS, "ssl")
    log = trials.assign(y=np.log(trials["val_loss"]))
    expected = log.groupby(["dataset", "ssl"])["y"].mean().unstack().rank(axis=1).mean()
    assert average_ranks(made.means, "lower").to_dict() == pytest.approx(expected.to_dict())
    assert made.left_out == ()


def test_the_table_for_a_paper_names_the_reference_and_says_what_is_measured() -> None:
    results = of_methods(4)
    (table,) = ranks_paper(results, ranked(results))
    assert table.joined_heads == ["factor", "metric", "level", "rank", "datasets", *COUNTS[:-1]]
    assert [[entry.text for entry in row] for row in table.entries] == [
        ["2.50", "4", "", "", "", ""],
        ["1.00", "4", "4", "0", "0", "0"],
        ["2.50", "4", "2", "0", "0", "2"],
    ]
    assert [names[-1] for names in table.names] == ["a (reference)", "b", "c"]
    assert "ssl by val_loss: 4 datasets cannot reject anything" in table.caption
