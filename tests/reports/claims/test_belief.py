"""Rule 12 in words: a belief is tested by the contrast of its groups, and never said more strongly than that."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.claims.answers import Answer, answers, in_short
from reports.claims.belief import beliefs_table
from reports.claims.markdown import markdown
from reports.claims.rows import as_json
from reports.claims.section import answers_section
from reports.claims.table import claims_table, for_beliefs
from reports.read_store import Results
from reports.statistics.specification import Options
from tests.reports.claims.sweeps import results_of
from tests.reports.statistics.examples import cells, only, ssl_sweep, with_values

pytestmark = pytest.mark.whole

GROUPS = {"augmentations": {"slice": ["data0", "data1"], "warp": ["data2", "data3"]}}


def believing(
    gain: Callable[[int], float], *, belief: dict[str, dict[str, list[str]]] = GROUPS, seeds: int = 4, **sweep: object
) -> Results:
    """A loss of 1 with warp; with slice one that is lower by `gain` of the dataset's number, with a little noise."""
    design = ssl_sweep(datasets=4, seeds=seeds)
    generator = np.random.default_rng(5)

    def value(row: pd.Series) -> float:
        own = gain(int(row["dataset"].removeprefix("data"))) if row["augmentations"] == "slice" else 0.0
        return float(np.exp(-own + 0.01 * generator.normal()))

    rows = with_values(cells(design), "val_loss", value)
    rows["probe_svm"] = 1 - rows["val_loss"] / 4
    return results_of(rows, design, **{"belief": belief, "answers": ("val_loss", "probe_svm"), **sweep})


def told(results: Results) -> dict[str, Answer]:
    """The answers about augmentations, by metric."""
    found = answers(results, claims_table(results), beliefs_table(results))
    return {answer.metric.name: answer for answer in found if answer.factor == "augmentations"}


def first_two(number: int) -> float:
    return 0.2 if number < 2 else -0.1


def test_a_belief_that_holds_is_supported_whichever_way_the_metric_points() -> None:
    found = told(believing(first_two))
    for metric, direction in (("val_loss", "lower"), ("probe_svm", "higher")):
        these, like = found[metric].beliefs
        assert (these.verdict, like.verdict) == ("supported", "supported")
        assert these.text.startswith(
            "The belief that slice suits data0 and data1, and warp data2 and data3, on these 4 datasets: supported. "
            f"The effect of slice against warp on {metric} is "
        )
        assert f"{direction} on the first datasets than on the others (the belief asks for {direction}; " in these.text
        assert "in a family of 2 tests of beliefs; 8 and 8 blocks on 2 and 2 datasets; averaged over ssl" in these.text
        assert "Take it with care" not in these.text
        assert like.text.endswith("Take it with care: datasets chosen for a belief about them.")
    shorts = in_short(list(found.values()))
    assert "The belief about augmentations, on these 4 datasets: supported by val_loss" in shorts


def test_the_opposite_is_a_contradiction_and_no_difference_is_undecided() -> None:
    assert told(believing(lambda number: -first_two(number)))["val_loss"].beliefs[0].verdict == "contradicted"
    assert told(believing(lambda number: 0.2))["val_loss"].beliefs[0].verdict == "undecided"


def test_the_numbers_are_those_of_a_contrast_computed_by_hand() -> None:
    results = believing(first_two)
    logs = results.cells[results.cells["ssl"] != "none"].assign(y=lambda rows: np.log(rows["val_loss"]))
    means = logs.groupby(["augmentations", "dataset", "seed"])["y"].mean().unstack("augmentations")
    by_dataset = (means["slice"] - means["warp"]).groupby("dataset").mean()
    row = only(beliefs_table(results), metric="val_loss", question="datasets like these")
    expected = stats.ttest_ind(by_dataset[:2], by_dataset[2:], equal_var=False)
    assert row["estimate"] == pytest.approx(by_dataset[:2].mean() - by_dataset[2:].mean())
    assert row["effect"] == pytest.approx(100 * np.expm1(row["estimate"]))
    assert row["p"] == pytest.approx(expected.pvalue)


def test_p_is_adjusted_over_all_beliefs_and_metrics_of_a_question() -> None:
    both = {**GROUPS, "ssl": {"barlowtwins": ["data0"], "vibcreg": ["data1"]}}
    table = beliefs_table(believing(lambda number: 0.01 * number, belief=both))
    these = table[table["question"] == "these datasets"]
    assert set(these["family_size"]) == {4}
    smallest = these.loc[these["p"].idxmin()]
    assert smallest["p_adjusted"] == pytest.approx(min(1, 4 * smallest["p"]))
    assert (these["p_adjusted"] >= these["p"]).all()


def test_each_group_needs_two_datasets_to_speak_of_others() -> None:
    groups = {"augmentations": {"slice": ["data0", "Elsewhere"], "warp": ["data2", "data3"]}}
    these, like = told(believing(first_two, belief=groups))["val_loss"].beliefs
    assert these.verdict == "supported"
    assert "on these 3 datasets" in these.text
    assert (
        "4 and 8 blocks on 1 and 2 datasets; averaged over ssl and aug_recon_weight; without Elsewhere)" in these.text
    )
    assert like.text.endswith("on datasets like these: cannot be answered, each group needs two datasets.")


def test_few_seeds_on_few_datasets_decide_nothing() -> None:
    groups = {"augmentations": {"slice": ["data0"], "warp": ["data3"]}}
    assert told(believing(first_two, belief=groups))["val_loss"].beliefs[0].verdict == "supported"
    few = told(believing(first_two, belief=groups, seeds=3))["val_loss"].beliefs[0]
    assert few.verdict == "undecided"
    assert "fewer than four seeds, and fewer than four datasets" in few.text.lower()
    assert told(believing(first_two, seeds=3))["val_loss"].beliefs[0].verdict == "supported"


@pytest.mark.parametrize(
    ("belief", "why"),
    [
        ({"augmentations": {"slice": ["X"], "warp": ["data1"]}}, "its datasets are not among those of this report"),
        ({"augmentations": {"gauss": ["data0"], "warp": ["data1"]}}, "its levels of augmentations are not among those"),
    ],
)
def test_what_a_profile_cannot_answer_it_says(belief: dict[str, dict[str, list[str]]], why: str) -> None:
    results = believing(first_two, belief=belief, profile="small")
    found = list(told(results).values())
    assert all(len(answer.beliefs) == 1 for answer in found)
    assert f"cannot be answered, {why}" in found[0].beliefs[0].text
    shorts = [words for words in in_short(found) if "belief" in words]
    assert len(shorts) == 1, "once, not for each metric"
    assert shorts[0].startswith(f"The belief about augmentations cannot be answered: {why}")
    page = markdown(results, found, [])
    assert page.index("This is the profile small, not the sweep itself") < page.index("- ")


def test_a_metric_without_a_better_direction_cannot_answer() -> None:
    results = believing(first_two, answers=("perplexity",))
    rows = results.cells.assign(perplexity=8.0 + results.cells["val_loss"])
    (belief,) = told(Results(sweep=results.sweep, cells=rows, history=results.history))["perplexity"].beliefs
    assert belief.text.endswith("cannot be answered, no direction of perplexity is better.")


def test_blocks_without_spread_have_no_p() -> None:
    results = believing(first_two)
    rows = results.cells.assign(val_loss=1.0)
    (these, _) = told(Results(sweep=results.sweep, cells=rows, history=results.history))["val_loss"].beliefs
    assert these.verdict == "cannot be said"
    assert "both sides are identical in all blocks" in these.text


def test_blocks_that_are_incomplete_are_counted() -> None:
    results = believing(first_two)
    lost = (results.cells["dataset"] == "data0") & (results.cells["seed"] == "1")
    rows = results.cells.assign(status=results.cells["status"].mask(lost, "missing"))
    these = told(Results(sweep=results.sweep, cells=rows, history=results.history))["val_loss"].beliefs[0]
    assert "7 and 8 blocks" in these.text
    assert "; 1 block left out" in these.text


def test_datasets_count_as_chosen_only_where_they_are_there() -> None:
    pooled = dataclasses.replace(believing(first_two), options=Options(pool=True))
    assert for_beliefs(pooled) == Options(pool=True, chosen_datasets=True)
    other = {"augmentations": {"slice": ["X"], "warp": ["Y"]}}
    assert for_beliefs(believing(first_two, belief=other)) == Options()
    warned = told(believing(first_two))["val_loss"].claims[1].text
    assert "datasets chosen for a belief about them" in warned


def test_the_page_and_the_json_have_what_is_said() -> None:
    results = believing(first_two, missing=("FordA",), seeds_launched=9)
    table = beliefs_table(results)
    found = answers(results, claims_table(results), table)
    section = answers_section(results, found)
    assert section["scope"] == [
        "1 dataset of the sweep left out because not at hand when it was launched: FordA.",
        "Of 9 seeds, only the first 4 are used here.",
    ]
    document = json.loads(json.dumps(as_json(results, claims_table(results), table), allow_nan=False))
    assert len(document["beliefs"]) == 4
    assert document["beliefs"][0]["datasets"] == ["data0", "data1"]
    assert "beliefs" not in as_json(results, claims_table(results), None)


def test_without_a_belief_nothing_is_said_of_one() -> None:
    results = believing(first_two, belief={})
    assert beliefs_table(results).empty
    assert all(not answer.beliefs for answer in told(results).values())
