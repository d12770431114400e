"""A small store with the columns that a test needs. Every number in it is invented for the tests and means nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from orchestrator.store.marker import write_version
from orchestrator.store.parts import write_part
from orchestrator.store.sweep_files import write_sweep
from reports import write_report

EPOCHS = 4
TEXT_COLUMNS = ("error", "augmentations", "git_commit", "data_notes")
PROVENANCE = {
    "ncvq_version": "0.1.0",
    "git_commit": "1111111",
    "git_dirty": False,
    "python_version": "3.11.7",
    "torch_version": "2.0.0",
    "package_versions": json.dumps({"numpy": "2.0.0", "scipy": "1.0.0"}),
    "data_notes": None,
    "host": "test-host",
    "device": "cpu",
    "device_name": "test-device",
    "threads": 2,
    "precision": "float32",
}


@dataclass
class StoreWriter:
    """Builds a sweep in a store, cell by cell, in the layout that the store promises."""

    root: Path
    name: str = "fixture"
    factors: dict[str, list[Any]] = field(default_factory=dict)
    baseline: dict[str, Any] = field(default_factory=lambda: {"ssl": "none"})
    cells: list[dict[str, Any]] = field(default_factory=list)

    def add(self, levels: dict[str, Any], row: dict[str, Any] | None = None, *, epochs: int = EPOCHS) -> str:
        """Add a cell; row holds columns of its trial that differ from the defaults, None leaves the cell missing."""
        trial_id = f"{len(self.cells):012x}"
        self.cells.append({"trial_id": trial_id, "levels": levels})
        if row is not None:
            self.write_trial(trial_id, levels, row, epochs=epochs)
        return trial_id

    def add_done(self, levels: dict[str, Any], **columns: object) -> str:
        """Add a done cell with the invented metrics; columns replace what its row holds."""
        return self.add(levels, {**invented_metrics(levels), **columns})

    def write_trial(self, trial_id: str, levels: dict[str, Any], row: dict[str, Any], *, epochs: int) -> None:
        """Write the row of a trial, and its history where it is done."""
        raw = {"augmentations": f"raw_{levels.get('augmentations')}"}
        full = {
            "trial_id": trial_id, "status": "done", "error": None, **levels, **raw, **PROVENANCE,
            "data_checksum": f"sum-{levels.get('dataset')}", "stage1_id": f"s{trial_id}", "stage1_seconds": 60.0,
            "stage1_peak_memory_bytes": 2**30, "started_at": pd.Timestamp("2020-01-01", tz="UTC"), **row,
        }  # fmt: skip
        self.write_rows("trials", trial_id, [full])
        if full["status"] == "done":
            has_ssl = levels.get("ssl") not in (None, "none")
            scale = 1 + 0.1 * levels.get("seed", 0)
            common = {"trial_id": trial_id, "stage": "stage1"}
            history = [
                {**common, "epoch": epoch, "loss": scale / epoch, "ssl_loss": 10.0 / epoch if has_ssl else None}
                for epoch in range(1, epochs + 1)
            ]
            self.write_rows("history", trial_id, history)

    def write_rows(self, folder: str, name: str, rows: list[dict[str, Any]]) -> None:
        """Write one file of the store."""
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(rows)
        empty = {
            column: "str" if column in TEXT_COLUMNS else "float64" for column in frame if frame[column].isna().all()
        }
        write_part(
            self.root / folder / f"{name}.parquet", pa.Table.from_pandas(frame.astype(empty), preserve_index=False)
        )

    def write_running(self, trial_id: str) -> None:
        """Say that a trial runs now."""
        (self.root / "running").mkdir(exist_ok=True)
        marker = {
            "trial_ids": [trial_id],
            "stage": "stage1",
            "epoch": 3,
            "epochs": 9,
            "updated_at": "2020-01-01T00:00:00Z",
        }
        (self.root / "running" / f"s{trial_id}.json").write_text(json.dumps(marker))

    def finish(self) -> Path:
        """Write the sweep itself; returns the folder of the store."""
        sweep = {
            "name": self.name, "description": "numbers invented for tests", "launched_at": "2020-01-01T00:00:00Z",
            "factors": self.factors, "baseline": self.baseline, "cells": self.cells,
        }  # fmt: skip
        write_version(self.root)
        write_sweep(self.root / "sweeps", sweep)
        return self.root


WEIGHT_SWEEP = {
    "dataset": ["Alpha", "Beta"],
    "ssl": ["none", "barlowtwins"],
    "augmentations": ["warp", "slice"],
    "aug_recon_weight": [0.05, 0.2],
    "seed": [0, 1, 2],
}


def invented_metrics(levels: dict[str, Any]) -> dict[str, float | None]:
    """Metrics that follow a rule, so that tests know what to expect."""
    seed, weight = levels["seed"], levels["aug_recon_weight"]
    value = 1.0 + 0.1 * seed + (weight or 0.0) + (0.5 if levels["augmentations"] == "slice" else 0.0)
    return {
        "recon_time": value,
        "probe_svm": value / 10,
        "ssl_loss": None if weight is None else value * 100,
        "fid": None,
    }


def weight_cells() -> list[dict[str, Any]]:
    """The levels of each cell of WEIGHT_SWEEP."""
    cells = []
    for dataset in WEIGHT_SWEEP["dataset"]:
        for seed in WEIGHT_SWEEP["seed"]:
            base = {"dataset": dataset, "seed": seed}
            cells.append({**base, "ssl": "none", "augmentations": None, "aug_recon_weight": None})
            for augmentations in WEIGHT_SWEEP["augmentations"]:
                for weight in WEIGHT_SWEEP["aug_recon_weight"]:
                    cells.append(
                        {**base, "ssl": "barlowtwins", "augmentations": augmentations, "aug_recon_weight": weight}
                    )
    return cells


@pytest.fixture(scope="module", autouse=True)
def _text_as_reports_hold_it() -> Iterator[None]:
    """In frames that a test makes as in those that a report reads."""
    with pd.option_context("mode.string_storage", "python"):
        yield


@pytest.fixture
def writer(tmp_path: Path) -> StoreWriter:
    """An empty store for a sweep with weights."""
    return StoreWriter(root=tmp_path / "store", factors=WEIGHT_SWEEP)


def write_full_store(writer: StoreWriter) -> Path:
    """A store in which every cell of WEIGHT_SWEEP is done."""
    for levels in weight_cells():
        writer.add_done(levels)
    return writer.finish()


@pytest.fixture
def full_store(writer: StoreWriter) -> Path:
    """Such a store."""
    return write_full_store(writer)


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a store with its report; shared, so only to be read or copied."""
    writer = StoreWriter(root=tmp_path_factory.mktemp("reported") / "store", factors=WEIGHT_SWEEP)
    write_report(write_full_store(writer), "fixture")
    return writer.root


@pytest.fixture
def cells() -> list[dict[str, Any]]:
    """The levels of the cells of the sweep that `writer` writes; the first is the baseline of Alpha, seed 0."""
    return weight_cells()
