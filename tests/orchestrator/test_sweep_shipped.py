"""The sweeps that come with the package load, and hold the trials that they promise."""

import json

import pytest

from orchestrator.sweep import sweep_record
from orchestrator.sweep_file import load_sweep, sweep_names

COUNTS = {
    "quickstart": (48, 36),
    "aug-recon-weight": (720, 496),
    "ssl-augmentation": (252, 196),
    "stage2-embedding": (192, 192),
}


def test_every_shipped_sweep_is_counted() -> None:
    assert set(sweep_names()) == set(COUNTS)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    sweep = load_sweep(name)
    assert sweep.name == name
    assert (sweep.grid_cells, len(sweep.cells)) == COUNTS[name]
    assert sweep.baseline["ssl"] == "none"


def test_each_dataset_is_checked_once() -> None:
    seen: list[str] = []
    load_sweep("quickstart", check_dataset=seen.append)
    assert seen == ["GunPoint", "ItalyPowerDemand"]


def test_record_is_plain_json() -> None:
    sweep = load_sweep("quickstart")
    record = sweep_record(sweep)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert set(record) == {"name", "description", "factors", "baseline", "cells"}
    assert record["factors"]["augmentations"] == ["warp", "slice"]
    assert record["cells"][0] == {
        "trial_id": sweep.cells[0].config.trial_id,
        "levels": {"dataset": "GunPoint", "ssl": "none", "augmentations": None, "aug_recon_weight": None, "seed": 0},
    }
