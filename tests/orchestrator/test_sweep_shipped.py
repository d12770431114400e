"""The sweeps that come with the package load, and hold the trials that they promise."""

import itertools
import json
from collections import Counter

import pytest

from ncvq_core.data import list_datasets
from orchestrator.sweepfile.read import Changes, load_sweep, sweep_names
from orchestrator.sweepfile.sweep import sweep_record

COUNTS = {
    "quickstart": (64, 40),
    "aug-recon-weight": (384, 272),
    "aug-robustness": (192, 160),
    "main": (468, 364),
    "ssl-augmentation": (252, 196),
    "stage2-embedding": (192, 192),
}
SEARCHES = {"tune-augmentation": (60, 120)}
"""Suggestions, and their trials."""


def test_every_shipped_sweep_is_counted() -> None:
    assert set(sweep_names()) == {*COUNTS, *SEARCHES}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches(name: str) -> None:
    full, small = load_sweep(name).search, load_sweep(name, Changes(profile="small")).search
    assert full is not None
    assert small is not None
    assert (full.budget, full.budget * full.trials_each) == SEARCHES[name]
    assert small.budget < full.budget
    assert small.base["dataset"] in {location.name for location in list_datasets(None)}


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    sweep = load_sweep(name)
    assert sweep.name == name
    assert (sweep.grid_cells, len(sweep.cells)) == COUNTS[name]
    assert sweep.baseline["ssl"] == "none"


def test_main_is_the_published_experiment() -> None:
    """The settings of model.md: 7 of each dataset, four seeds each, for both stages, with the weights of the study."""
    configs = [cell.config.to_dict() for cell in load_sweep("main").cells]
    trained = Counter((each["dataset"], each["ssl"], "+".join(each["augmentations"])) for each in configs)
    assert (len(trained), set(trained.values())) == (13 * 7, {4})
    sets = ["window_warp+amplitude_resize", "slice_and_shuffle", "gaussian_noise"]
    settings = {("none", ""), *itertools.product(["barlowtwins", "vibcreg"], sets)}
    for dataset in {each["dataset"] for each in configs}:
        assert {key[1:] for key in trained if key[0] == dataset} == settings
    shared = {(each["stages"], each["epochs"], each["prior_epochs"], each["ssl_weight"]) for each in configs}
    assert shared == {(2, 1000, 1000, None)}, "None: the method's own weight"
    assert {each["aug_recon_weight"] for each in configs if each["ssl"] != "none"} == {0.1}


def test_the_belief_of_robustness_is_about_all_its_datasets() -> None:
    sweep = load_sweep("aug-robustness")
    sides = sweep_record(sweep)["belief"]["augmentations"]
    assert [level for level, _ in sides] == ["slice", "warp"]
    datasets = [dataset for _, side in sides for dataset in side]
    assert datasets == [level.label for level in sweep.factors[0].levels]


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "quickstart"])
def test_the_small_profile_asks_the_same_of_bundled_datasets(name: str) -> None:
    full, small = load_sweep(name), load_sweep(name, Changes(profile="small"))
    assert (small.name, small.profile) == (f"{name}-small", "small")
    assert [factor.name for factor in small.factors] == [factor.name for factor in full.factors]
    bundled = {location.name for location in list_datasets() if location.source == "bundled"}
    assert {cell.config.stage1.dataset for cell in small.cells} <= bundled
    assert {cell.config.stage1.channels for cell in small.cells} == {32}
    assert not {cell.config.trial_id for cell in small.cells} & {cell.config.trial_id for cell in full.cells}
    seeds = {cell.config.stage1.seed for cell in small.cells}
    assert seeds == {0, 1, 2, 3}


def test_each_dataset_is_checked_once() -> None:
    seen: list[str] = []
    load_sweep("quickstart", check_dataset=seen.append)
    assert seen == ["GunPoint", "ItalyPowerDemand"]


def test_record_is_plain_json() -> None:
    sweep = load_sweep("quickstart")
    record = sweep_record(sweep)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert set(record) == {
        "name", "description", "factors", "baseline", "answers", "margins", "belief", "profile", "missing", "plugins",
        "further_metrics", "raced", "cells",
    }  # fmt: skip
    assert (record["belief"], record["profile"], record["missing"]) == ({}, None, [])
    assert (record["plugins"], record["further_metrics"]) == ([], [])
    assert record["factors"]["augmentations"] == ["warp", "slice"]
    assert record["cells"][0] == {
        "trial_id": sweep.cells[0].config.trial_id,
        "levels": {"dataset": "GunPoint", "ssl": "none", "augmentations": None, "aug_recon_weight": None, "seed": 0},
    }
