"""Answers in words: each verdict has its sentence, made from the numbers and never stronger."""

from __future__ import annotations

import json
import math

import pytest

from reports.claims.answers import Answer, answers, in_short, measured_at
from reports.claims.markdown import escaped, markdown
from reports.claims.rows import as_json, shown_rows
from reports.claims.section import claims_section
from reports.claims.table import answered_metrics, claims_table, gains_table
from reports.claims.wording import effect_words, interval_words, listed, p_words
from reports.read_store import Results
from tests.reports.claims.sweeps import noisy, random_results, results_of, two_variants
from tests.reports.statistics.examples import cells as cells_of
from tests.reports.statistics.examples import random_trials, ssl_sweep, two_levels

pytestmark = pytest.mark.whole


def answer(results: Results) -> Answer:
    (found,) = answers(results, claims_table(results))
    return found


def first(results: Results) -> str:
    return answer(results).claims[0].text


def per_cent(size: float, noise: float = 0.01) -> float:
    """The mean effect of `noisy`, by hand: the geometric mean of the ratios of four seeds."""
    ratios = [1 + size + noise * (1 if seed % 2 else -1) * (1 + seed / 7) for seed in range(4)]
    return 100 * (math.prod(ratios) ** (1 / 4) - 1)


def test_a_better_level() -> None:
    words = first(two_variants(noisy({"data0": -0.2})))
    size = f"{-per_cent(-0.2):.1f} % lower with b than with a"
    assert words.startswith(f"On data0: b is better than a: val_loss is {size} (95 % interval [−")
    assert words.endswith("; 4 blocks).")
    assert "adjusted p < 0.001, the only test of its family" in words


def test_a_worse_level() -> None:
    words = first(two_variants(noisy({"data0": 0.2})))
    assert f"b is worse than a: val_loss is {per_cent(0.2):.1f} % higher with b" in words


def test_levels_are_called_neither_better_nor_worse_where_the_metric_ranks_nothing() -> None:
    words = first(two_variants(noisy({"data0": 0.2}), metric="commitment"))
    assert f"there is a difference: commitment is {per_cent(0.2):.1f} % higher with b than with a" in words


def test_equivalent_levels() -> None:
    words = first(two_variants(noisy({"data0": 0.0})))
    assert f"b and a are equivalent: val_loss is {per_cent(0.0):.1f} % higher with b than with a, within the" in words
    assert "the margin of 5 % (90 % interval [−" in words
    assert "of equivalence" in words


def test_a_difference_within_the_margin() -> None:
    words = first(two_variants(noisy({"data0": -0.03}, noise=0.002)))
    assert f"b is better, but by little: val_loss is {-per_cent(-0.03, 0.002):.2f} % lower" in words
    assert "and within the margin of 5 %" in words
    (line,) = in_short([answer(two_variants(noisy({"data0": -0.03}, noise=0.002)))])
    assert line.endswith("% lower, within the margin of 5 %")


def test_an_undecided_question_says_why_and_what_would_settle_it() -> None:
    found = answer(two_variants(noisy({"data0": 0.0}, noise=0.2)))
    assert found.claims[0].verdict == "undecided"
    words = found.claims[0].text
    assert "undecided: val_loss is" in words
    assert "Neither a difference nor equivalence is shown. About " in words
    assert words.endswith(" seeds would show equivalence, or an effect beyond the margin if there is one.")


def test_fewer_than_four_seeds_are_told_to_be_four() -> None:
    words = first(two_variants(noisy({"data0": -0.5}, noise=0.001), seeds=3))
    assert "undecided: val_loss is 50" in words
    assert words.endswith("Run four seeds first.")


def test_levels_without_any_spread() -> None:
    assert first(two_variants(lambda row: 1.0)) == "On data0: val_loss is identical with b and a in 4 blocks."
    words = first(two_variants(lambda row: 0.5 + 0.25 * (row["variant"] == "b"), metric="probe_svm"))
    assert words == "On data0: probe_svm is 0.25 higher with b than with a, the same difference in all 4 blocks."


def test_one_dataset_says_nothing_about_others() -> None:
    words = answer(two_variants(noisy({"data0": -0.2}))).claims[1].text
    assert (
        words
        == "On datasets like these: cannot be said, one dataset says nothing about others. Run four datasets first."
    )


def test_several_datasets_are_two_questions_and_a_sentence_on_each() -> None:
    found = answer(two_variants(noisy({"data0": -0.2, "data1": 0.2}), datasets=2))
    assert [claim.text.split(":")[0] for claim in found.claims] == ["On these 2 datasets", "On datasets like these"]
    assert found.by_dataset == "By dataset, b: better on data0; worse on data1."
    assert "Take it with care: fewer than 5 datasets" in found.claims[1].text


def test_what_a_sentence_averages_over_and_what_it_left_out() -> None:
    design = ssl_sweep()
    rows = random_trials(design)
    rows.loc[rows.index[-1], "status"] = "failed"
    results = results_of(rows, design, answers=("val_loss",))
    found = {found.factor: found for found in answers(results, claims_table(results))}
    words = found["ssl"].claims[2].text
    assert "vibcreg" in words
    assert "averaged over augmentations and aug_recon_weight" in words
    assert "; 1 block left out (data1 seed 3: " in words
    assert found["ssl"].reference == "compared with none, the baseline"
    assert found["augmentations"].reference == "compared with warp, the first level; the sweep names no baseline"


def test_many_blocks_that_are_left_out_are_named_without_their_reasons() -> None:
    results = random_results(ssl_sweep(seeds=6), answers=("val_loss",))
    gone = (
        results.cells["ssl"].eq("vibcreg") & results.cells["aug_recon_weight"].eq("0.2") & results.cells["seed"].ne("5")
    )
    results.cells.loc[gone, "status"] = "missing"
    found = {found.factor: found for found in answers(results, claims_table(results))}
    words = found["ssl"].claims[2].text
    assert "10 blocks left out (incomplete: data0 seed 0, data0 seed 1" in words
    assert "data1 seed 2 and 2 more)" in words


def test_trials_that_several_networks_judged_are_left_apart_and_named() -> None:
    rows = two_variants(noisy({"data0": -0.2}), metric="fid", seeds=6).cells
    rows["fcn"] = ["trained aaaa" if seed in "01" else "trained bbbb" for seed in rows["seed"]]
    words = first(results_of(rows, two_levels(seeds=6), answers=("fid",)))
    assert "4 blocks; 2 blocks left out (" in words
    assert "b is better" in words


def test_a_level_that_diverges_is_told() -> None:
    design = two_levels()
    rows = two_variants(noisy({"data0": -0.2})).cells
    rows.loc[rows["variant"].eq("b") & rows["seed"].eq("0"), ["status", "val_loss"]] = ["diverged", math.nan]
    words = first(results_of(rows, design, answers=("val_loss",)))
    assert "diverged: 1 of 4 blocks with b, 0 of 4 with a" in words
    assert "b is better" not in words


def test_a_metric_that_means_something_else_is_not_compared() -> None:
    design = ssl_sweep()
    rows = random_trials(design).assign(ssl_loss=1.0)
    results = results_of(rows, design, answers=("ssl_loss",))
    found = {found.factor: found for found in answers(results, claims_table(results))}
    (claim,) = found["ssl"].claims
    assert claim.text == (
        "ssl_loss cannot be compared across ssl: it does not mean the same there; look at probe_svm or probe_knn."
    )


def test_decided_answers_come_first_and_say_where_and_what_is_open_follows_in_one_line() -> None:
    results = two_variants(noisy({"data0": -0.2, "data1": -0.2}), datasets=2)
    (line,) = in_short(answers(results, claims_table(results)))
    assert line == f"variant, on these 2 datasets: b is better than a: val_loss is {-per_cent(-0.2):.1f} % lower"
    results = two_variants(noisy({"data0": 0.0}, noise=0.2))
    assert in_short(answers(results, claims_table(results))) == ["Undecided: variant b against a (val_loss)"]


def test_what_was_measured_at() -> None:
    assert measured_at(two_variants(noisy({"data0": 0.0}))) == "Measured with 40 epochs and 32 channels."


def test_usual_answers_and_margins_of_the_file() -> None:
    assert answered_metrics(results_of(cells_of(two_levels()), two_levels())) == ("val_loss", "probe_svm")
    assert answered_metrics(results_of(cells_of(two_levels()).assign(stages=2), two_levels())) == (
        "val_loss", "probe_svm", "fid", "cas",
    )  # fmt: skip
    wide = two_variants(noisy({"data0": 0.0}, noise=0.05), margins={"val_loss": 0.5})
    assert "within the margin of 50 %" in first(wide)


def test_nothing_to_compare() -> None:
    design = two_levels()
    missing = results_of(cells_of(design).assign(status="missing"), design)
    claims = claims_table(missing)
    assert claims.empty
    text = markdown(missing, answers(missing, claims), ["a warning"])
    assert "Nothing can be compared yet" in text
    assert "0 of 8 trials are done" in text


def test_text_of_users_is_no_markup() -> None:
    for text in ("$a_b$", "<b>x</b>", "*x*", "[a](b)", "`x`", "_x_", "# x"):
        shown = escaped(text)
        assert shown != text
        assert shown.replace("\\", "") == text
    assert escaped("probe_svm of [−1, +2] %") == "probe_svm of [−1, +2] %"
    assert escaped("a &amp; b &#60; c & d; R&D") == "a &amp;amp; b &amp;#60; c & d; R&D"


def test_json_has_every_number_and_null_for_what_is_missing() -> None:
    results = two_variants(noisy({"data0": -0.2}))
    told = json.loads(json.dumps(as_json(results, claims_table(results)), allow_nan=False))
    rows = told["claims"]
    assert [row["verdict"] for row in rows] == ["better", "cannot be said"]
    assert rows[0]["effect"] == pytest.approx(per_cent(-0.2))
    assert rows[1]["p_adjusted"] is None
    assert told["options"] == {"partial": False, "pool": False, "chosen_datasets": False, "seeds": None}
    assert told["measured_at"] == "Measured with 40 epochs and 32 channels."


def test_rows_of_the_page() -> None:
    results = random_results(ssl_sweep())
    claims = claims_table(results)
    groups = claims_section(claims, ("val_loss",))
    assert {(group["factor"], group["metric"]): group["open"] for group in groups} == {
        (factor, metric): metric == "val_loss"
        for metric in ("val_loss", "probe_svm")
        for factor in ("ssl", "augmentations", "aug_recon_weight")
    }
    assert len(shown_rows(claims)) == len(claims)


def test_what_pairing_gained_is_told_for_each_metric() -> None:
    gains = gains_table(random_results(ssl_sweep()))
    assert gains["metric"].tolist() == ["val_loss", "probe_svm"]
    assert (gains["unpaired_to_paired"] > 1).all()


def test_words_of_numbers() -> None:
    assert effect_words(-1.58, -6.1, 3.0, "%", "val_loss") == "val_loss is 1.6 % lower"
    assert effect_words(-0.2, -10.4, 11.2, "%", "val_loss") == "val_loss is 0.2 % lower"
    assert effect_words(0.01312, -0.005, 0.031, "", "cas") == "cas is 0.013 higher"
    assert interval_words(-6.11, 2.98, "%") == "[−6.1, +3.0] %"
    assert interval_words(math.nan, 1.0, "%") == ""
    assert [p_words(p) for p in (0.00012, 0.0314, 0.5)] == ["p < 0.001", "p = 0.031", "p = 0.50"]
    assert [p_words(p) for p in (0.0504, 0.05, 0.0496)] == ["p = 0.0504", "p = 0.05", "p = 0.05"]
    assert listed(["a", "b", "c"]) == "a, b and c"
