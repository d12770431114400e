"""Races with the real planner and store, and trials of no work: what their tests share."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchestrator.execution.executor import EXECUTORS
from orchestrator.launching.launch import Summary
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race import Limits, race
from orchestrator.store.races import Race
from orchestrator.sweepfile.read import Changes, load_sweep
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.trivial import Trivial

RACED = """\
description: a sweep of no work
base: {dataset: ItalyPowerDemand, epochs: 1, projector_width: 64, channels: 8, augmentations: [slice_and_shuffle]}
factors:
  ssl: [none, barlowtwins, vibcreg]
  seed: [0, 1]
baseline: {ssl: none}
answers: [val_loss]
"""
MEANS = {"none": (0.0, 0.02), "barlowtwins": (0.5, 0.02), "vibcreg": (0.01, 0.08)}


def effect(config: dict[str, Any]) -> tuple[float, float]:
    return MEANS[str(config.get("ssl") or "none")]


def of_no_work(patch: pytest.MonkeyPatch) -> None:
    """Let the executors `trivial` and `inline` run trials of no work."""
    for name in ("trivial", "inline"):
        patch.setitem(EXECUTORS, name, "tests.orchestrator.trivial:Trivial")
    for name, value in {"effect": staticmethod(effect), "left": None, "ran": 0}.items():
        patch.setattr(Trivial, name, value, raising=False)


def sweep(folder: Path, seeds: int = 10, **changes: Any) -> Sweep:
    folder.mkdir(exist_ok=True)
    path = folder / "raced.yaml"
    path.write_text(RACED)
    return load_sweep(path, Changes(seeds=seeds, **changes))


def run(design: Sweep, store: Path, **limits: Any) -> tuple[Summary, str]:
    printed = StringIO()
    options = LaunchOptions(store=store, workers=0, gpus_per_trial=0.0, executor="trivial")
    summary = race(design, options, Limits(**limits), Console(file=printed, width=200))
    return summary, printed.getvalue()


def decisions(found: Race | None) -> list[Any]:
    assert found is not None
    return [(look.seeds, look.trials, look.decided, look.still_open) for look in found.looks]
