"""Stores for pages: a sweep of many trials, and one in which all that can be awkward is. Every number is invented."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ncvq_core.metrics import METRICS
from tests.reports.conftest import PROVENANCE

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

SCRIPT = "<script>document.title='taken'</script>"
LONG = "a_dataset_with_a_name_that_no_screen_of_a_phone_can_hold_" + "x" * 40
CJK = "時系列データセット・心電図第五号"
FAILURES = ("OutOfMemoryError: 3 GiB asked for", "ValueError: no class 7 in TRAIN", "worker lost")


def write_many(
    writer: StoreWriter, *, datasets: int, methods: int, sets: int, seeds: int = 4, epochs: int = 3,
    open_every: int = 0, metrics: tuple[str, ...] = (),
) -> Path:  # fmt: skip
    """A sweep of datasets × methods × sets × seeds cells; every so many is failed, diverged or missing."""
    writer.factors = {
        "dataset": [f"Data{place}" for place in range(datasets)],
        "ssl": ["none", *(f"method{place}" for place in range(1, methods))],
        "augmentations": [f"set{place}" for place in range(sets)],
        "seed": list(range(seeds)),
    }
    writer.baseline = {"ssl": "none"}
    names = metrics or tuple(metric.name for metric in METRICS if metric.stage == "stage1")
    generator = np.random.default_rng(1)
    trials, history = [], []
    for place, levels in enumerate(product(*writer.factors.values())):
        cell = dict(zip(writer.factors, levels, strict=True))
        status = (
            ("done", "failed", "diverged", "missing")[place % 4] if open_every and not place % open_every else "done"
        )
        trial_id = writer.add(cell)
        if status != "missing":
            trials.append(_row(trial_id, cell, status, place, names, generator))
        history += [
            {"trial_id": trial_id, "stage": "stage1", "epoch": epoch, "loss": 1 / epoch, "ssl_loss": 2 / epoch}
            for epoch in range(1, epochs + 1)
            if status == "done"
        ]
    writer.write_rows("trials", "all", trials)
    writer.write_rows("history", "all", history)
    return writer.finish()


def write_awkward(writer: StoreWriter) -> Path:
    """Names that are long, of another script, or markup; trials that failed, diverged, are missing, of other code."""
    names = [LONG, CJK, SCRIPT]
    writer.factors = {"dataset": names, "ssl": ["none", "<b>bold</b>", "$x_1$ & 对比学习"], "seed": [0, 1, 2, 3]}
    writer.baseline = {"ssl": "none"}
    generator = np.random.default_rng(2)
    for place, levels in enumerate(product(*writer.factors.values())):
        cell = dict(zip(writer.factors, levels, strict=True))
        if place == 5:
            writer.add(cell)
        elif place in (7, 8):
            writer.add(cell, {"status": "failed", "error": f"ValueError: {SCRIPT} {'y' * 90}"})
        elif place == 9:
            writer.add(cell, {"status": "diverged", "error": "loss is nan"})
        else:
            writer.add(cell, {**_invented(cell, ("val_loss", "probe_svm"), generator),
                              "git_commit": f"{'f' * 39}{place % 2}", "git_dirty": place % 2 == 0,
                              "data_notes": f"padded: {LONG}"})  # fmt: skip
    return writer.finish()


def _row(
    trial_id: str, cell: dict[str, Any], status: str, place: int, names: tuple[str, ...], generator: np.random.Generator
) -> dict[str, Any]:
    own = {
        "trial_id": trial_id, "status": status, **cell, **PROVENANCE, "data_checksum": f"sum-{cell['dataset']}",
        "stage1_id": f"s{trial_id}", "stage1_seconds": 60.0, "stage1_peak_memory_bytes": 2**30,
        "error": None if status == "done" else FAILURES[place % len(FAILURES)],
    }  # fmt: skip
    return own | (_invented(cell, names, generator) if status == "done" else dict.fromkeys(names))


def _invented(cell: dict[str, Any], names: tuple[str, ...], generator: np.random.Generator) -> dict[str, Any]:
    """Values that methods lower on all datasets, with noise that the settings of a seed share in part."""
    shift = 0.0 if cell["ssl"] == "none" else -0.1
    shared = 0.05 * math.sin(7.0 * cell["seed"] + len(str(cell["dataset"])))
    return {name: math.exp(shift + shared + 0.02 * generator.normal()) for name in names}
