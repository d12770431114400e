"""A search that is killed at twenty random moments is the search of one launch that nobody disturbed."""

import random
import signal
import time
from pathlib import Path

import pytest

from orchestrator.search.suggested import Suggested, suggested
from orchestrator.store import Store
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.processes import PATIENCE_SECONDS, Start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KILLS = 20
TEXT = """\
description: a search that is killed
base: {dataset: ItalyPowerDemand, epochs: 40, channels: 8, projector_width: 16, val_fraction: 0.25, evaluate_every: 40}
factors: {seed: [0, 1]}
search:
  minimize: val_loss
  budget: 16
  parameters:
    ssl: [none, barlowtwins]
    aug_recon_weight: {range: [0, 0.5]}
    augmentations:
      slice: [slice_and_shuffle]
      noise: [gaussian_noise: {standard_deviation: {range: [0.01, 1.0], log: true}}]
"""


def seen(sweep: Sweep, store: Path) -> Suggested:
    assert sweep.search is not None
    return suggested(sweep, sweep.search, Store(store))


def test_twenty_kills(start: Start, run_here: Launch, tmp_path: Path) -> None:
    file, store = tmp_path / "killed.yaml", tmp_path / "killed"
    file.write_text(TEXT, encoding="utf-8")
    sweep, rng, kills, landed = load_sweep(file), random.Random(0), 0, 0
    while kills < KILLS:
        process = start("launch", file, "--store", store, "--workers", "0")
        while process.poll() is None and not list(store.glob("running/[!.]*.json")):
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 1.0))
        landed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_SECONDS)
        kills += 1
    process = start("launch", file, "--store", store, "--workers", "0")
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert landed >= KILLS // 2, "the others came after the end"
    assert run_here(sweep, tmp_path / "whole")[0].exit_code == 0
    killed, whole = seen(sweep, store).results, seen(sweep, tmp_path / "whole").results
    assert [each.suggestion.drawn for each in killed] == [each.suggestion.drawn for each in whole]
    assert [(each.state, each.values) for each in killed] == [(each.state, each.values) for each in whole]
