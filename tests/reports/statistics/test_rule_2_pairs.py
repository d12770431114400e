from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from reports.statistics import MetricSpec, Options, compare
from reports.statistics.blocks import make_blocks
from reports.statistics.pairs import make_pairs
from tests.reports.statistics.examples import (
    LOSS,
    PROBE,
    Example,
    only,
    random_trials,
    ssl_sweep,
    two_levels,
    with_values,
)  # fmt: skip

pytestmark = pytest.mark.whole


def slow_blocks(trials: pd.DataFrame, factor: str, level: str, reference: str) -> dict[tuple[str, str], float]:
    """Mean difference of each (dataset, seed), with loops: a cell without a level matches any."""
    others = [name for name in ("ssl", "augmentations", "aug_recon_weight") if name != factor]
    found: dict[tuple[str, str], list[float]] = {}
    for _, a in trials[trials[factor] == level].iterrows():
        for _, b in trials[trials[factor] == reference].iterrows():
            same_unit = a["dataset"] == b["dataset"] and a["seed"] == b["seed"]
            if same_unit and all(pd.isna(a[name]) or pd.isna(b[name]) or a[name] == b[name] for name in others):
                found.setdefault((a["dataset"], a["seed"]), []).append(
                    math.log(a["val_loss"]) - math.log(b["val_loss"])
                )
    return {key: sum(values) / len(values) for key, values in found.items()}


@pytest.mark.parametrize(
    ("factor", "level", "reference", "pairs"),
    [
        ("ssl", "barlowtwins", "none", 4),
        ("ssl", "vibcreg", "none", 4),
        ("aug_recon_weight", "0.2", "0.05", 4),
        ("augmentations", "slice", "warp", 4),
    ],
)
def test_rule_2_blocks_are_those_of_a_slow_version(factor: str, level: str, reference: str, pairs: int) -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    blocks = make_blocks(make_pairs(trials, design, LOSS, factor))
    blocks = blocks[blocks["level"] == level].set_index(["dataset", "seed"])
    expected = slow_blocks(trials, factor, level, reference)
    assert len(blocks) == len(expected) == 8
    assert (blocks["pairs"] == pairs).all()
    assert set(blocks["reference"]) == {reference}
    for key, value in expected.items():
        assert blocks.loc[key, "difference"] == pytest.approx(value, abs=1e-14)


def test_rule_2_the_reference_is_the_baseline_else_the_first_level() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    ssl = compare(trials, design, LOSS, "ssl")
    weight = compare(trials, design, LOSS, "aug_recon_weight")
    assert set(zip(ssl["reference"], ssl["reference_is"], strict=True)) == {("none", "baseline")}
    assert set(zip(weight["reference"], weight["reference_is"], strict=True)) == {("0.05", "first level")}
    assert list(ssl["level"].unique()) == ["barlowtwins", "vibcreg"]


def test_rule_2_n_counts_blocks_and_the_table_says_over_what_it_averages() -> None:
    design = ssl_sweep()
    row = only(compare(random_trials(design), design, LOSS, "ssl"), level="vibcreg", dataset="data1")
    assert (row["n_blocks"], row["n_pairs"]) == (4, 16)
    assert row["averaged_over"].split("; ") == [
        f"augmentations {name}, aug_recon_weight {weight}" for name in ("slice", "warp") for weight in ("0.05", "0.2")
    ]


@pytest.mark.parametrize("status", ["failed", "missing", "running", "pruned", "diverged"])
def test_rule_2_an_incomplete_block_is_dropped_and_named(status: str) -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    lost = (trials["ssl"] == "vibcreg") & (trials["dataset"] == "data0") & (trials["seed"] == "1")
    lost &= (trials["augmentations"] == "warp") & (trials["aug_recon_weight"] == "0.2")
    trials.loc[lost, "status"] = status
    row = only(compare(trials, design, LOSS, "ssl"), level="vibcreg", dataset="data0")
    assert (row["n_blocks"], row["n_dropped"]) == (3, 1)
    assert row["dropped"] == f"data0 seed 1: vibcreg: {status} (augmentations warp, aug_recon_weight 0.2)"
    other = only(compare(trials, design, LOSS, "ssl"), level="barlowtwins", dataset="data0")
    assert other["n_dropped"] == 0


def test_rule_2_a_row_that_is_not_there_is_as_bad_as_a_missing_trial() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    row = only(compare(trials.drop(index=5), design, LOSS, "ssl"), level="barlowtwins", dataset="data0")
    assert row["n_dropped"] == 1
    assert "no such trial" in row["dropped"]


def test_rule_2_partial_uses_the_pairs_that_all_blocks_have() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    lost = (trials["ssl"] == "vibcreg") & (trials["dataset"] == "data0") & (trials["seed"] == "1")
    lost &= (trials["augmentations"] == "warp") & (trials["aug_recon_weight"] == "0.2")
    trials.loc[lost, "val_loss"] = math.nan
    kept = ~((trials["augmentations"] == "warp") & (trials["aug_recon_weight"] == "0.2"))
    expected = slow_blocks(trials[kept], "ssl", "vibcreg", "none")
    blocks = make_blocks(make_pairs(trials, design, LOSS, "ssl"), Options(partial=True))
    blocks = blocks[blocks["level"] == "vibcreg"].set_index(["dataset", "seed"])
    assert blocks["used"].all()
    for key, value in expected.items():
        assert blocks.loc[key, "difference"] == pytest.approx(value, abs=1e-14)


def test_rule_2_partial_says_over_what_it_averages() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    lost = (trials["ssl"] == "vibcreg") & (trials["augmentations"] == "warp") & (trials["seed"] == "0")
    trials.loc[lost, "status"] = "failed"
    row = only(compare(trials, design, LOSS, "ssl", Options(partial=True)), level="vibcreg", dataset="data0")
    kept = [f"augmentations slice, aug_recon_weight {weight}" for weight in ("0.05", "0.2")]
    assert row["averaged_over"].split("; ") == kept
    assert (row["n_blocks"], row["n_pairs"]) == (4, 8)


def test_rule_2_partial_leaves_complete_sweeps_alone() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    usual = compare(trials, design, LOSS, "ssl")
    pd.testing.assert_frame_equal(usual, compare(trials, design, LOSS, "ssl", Options(partial=True)))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("numerics_version", 3, "numerics version"),
        ("data_checksum", "other", "data"),
        ("dtype", "bf16", "dtype"),
        ("device", "cuda:1", "kind of device"),
        ("fcn", "net-b", "judge"),
    ],
)
def test_rule_2_sides_of_other_conditions_are_left_apart_unless_pooled(column: str, value: object, words: str) -> None:
    design = two_levels(seeds=5)
    metric = MetricSpec(name="val_loss", scale="log", margin=0.05, direction="lower", judged=True)
    trials = random_trials(design).assign(fcn="net-a")
    trials[column] = trials[column].astype(object)
    trials.loc[(trials["seed"] == "3") & (trials["variant"] == "b"), column] = value
    row = only(compare(trials, design, metric, "variant"), dataset="data0")
    assert (row["n_blocks"], row["n_dropped"]) == (4, 1)
    assert row["dropped"].startswith(f"data0 seed 3: other {words} (")
    pooled = only(compare(trials, design, metric, "variant", Options(pool=True)), dataset="data0")
    assert (pooled["n_blocks"], pooled["n_dropped"]) == (5, 0)


def test_rule_2_blocks_of_other_conditions_are_left_apart_unless_pooled() -> None:
    design = two_levels(seeds=5)
    trials = random_trials(design)
    trials.loc[trials["seed"].isin(["3", "4"]), "device"] = "cuda:0"
    row = only(compare(trials, design, LOSS, "variant"), dataset="data0")
    assert (row["n_blocks"], row["n_dropped"]) == (3, 2)
    assert "left apart" in row["dropped"]
    assert "kind of device cuda" in row["dropped"]
    pooled = only(compare(trials, design, LOSS, "variant", Options(pool=True)), dataset="data0")
    assert pooled["n_blocks"] == 5


def test_rule_2_slots_of_one_kind_of_device_and_judges_of_other_metrics_are_no_condition() -> None:
    design = two_levels(seeds=4)
    trials = random_trials(design).assign(fcn=["a", "b"] * 4)
    trials["device"] = [f"cuda:{index % 3}" for index in range(8)]
    assert only(compare(trials, design, LOSS, "variant"), dataset="data0")["n_dropped"] == 0


@pytest.mark.parametrize("device", [float("nan"), None])
def test_rule_2_a_device_that_nobody_noted_is_one_condition(device: float | None) -> None:
    design = two_levels(seeds=4)
    trials = random_trials(design).assign(device=device)
    assert only(compare(trials, design, LOSS, "variant"), dataset="data0")["n_dropped"] == 0


def test_rule_2_a_condition_that_is_a_factor_is_what_is_compared() -> None:
    design = Example(factors={"dataset": ["data0"], "precision": ["fp32", "bf16"], "seed": ["0", "1", "2"]})
    trials = random_trials(design)
    trials["dtype"] = trials["precision"]
    assert only(compare(trials, design, LOSS, "precision"), dataset="data0")["n_blocks"] == 3


def test_rule_2_sides_that_differ_in_commit_alone_are_used_and_listed() -> None:
    design = two_levels(seeds=4)
    trials = random_trials(design)
    trials.loc[trials["seed"] == "2", "git_commit"] = "2222222"
    assert pd.isna(only(compare(trials, design, LOSS, "variant"), dataset="data0")["other_commits"])
    trials.loc[(trials["seed"] == "1") & (trials["variant"] == "b"), "git_commit"] = "2222222"
    row = only(compare(trials, design, LOSS, "variant"), dataset="data0")
    assert (row["n_blocks"], row["other_commits"]) == (4, "data0 seed 1")


def test_rule_2_diverged_is_an_outcome_and_forbids_better() -> None:
    design = two_levels(seeds=8)
    generator = np.random.default_rng(3)
    trials = with_values(
        random_trials(design), "probe_svm", lambda row: (0.3 if row.variant == "b" else 0.0) + generator.normal(0, 0.01)
    )
    assert only(compare(trials, design, PROBE, "variant"), dataset="data0")["verdict"] == "better"
    trials.loc[(trials["variant"] == "b") & (trials["seed"] == "7"), "status"] = "diverged"
    row = only(compare(trials, design, PROBE, "variant"), dataset="data0")
    assert (row["n_diverged"], row["n_ended"], row["n_diverged_reference"], row["n_ended_reference"]) == (1, 8, 0, 8)
    assert row["p_adjusted"] < 1e-6
    assert (row["verdict"], row["reason"]) == ("undecided", "diverges more often")
    trials.loc[(trials["variant"] == "a") & (trials["seed"] == "7"), "status"] = "diverged"
    assert only(compare(trials, design, PROBE, "variant"), dataset="data0")["verdict"] == "better"


def test_rule_2_a_level_of_one_dataset_alone_is_no_gap_of_the_others() -> None:
    design = two_levels(datasets=2)
    trials = random_trials(design)
    trials = trials[~((trials["dataset"] == "data1") & (trials["variant"] == "b"))]
    table = compare(trials, design, LOSS, "variant")
    assert only(table, dataset="data1")["reason"] == "no pair in the design"
    overall = only(table, dataset=None, question="these datasets")
    assert (overall["n_datasets"], overall["datasets_left_out"], overall["n_dropped"]) == (1, "data1", 0)
