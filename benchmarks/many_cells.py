"""Sweeps of many cells, and a store that holds all their trials; the numbers in it mean nothing."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.planning.graph import trial_stages
from orchestrator.planning.plan import load_datasets
from orchestrator.store import StageRecord, Store
from orchestrator.store.parts import write_part
from orchestrator.store.schema import TRIALS, table
from orchestrator.store.writer import PART_TRIALS, TRIALS_FOLDER, new_part_name
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Cell, sweep_record

SWEEP = """\
description: many cells
base: {{epochs: 5}}
factors:
  dataset: [GunPoint, ItalyPowerDemand]
  ssl: [barlowtwins, vicreg, vibcreg, byol, simsiam]
  augmentations:
    warp: [window_warp, amplitude_resize]
    slice: [slice_and_shuffle]
  aug_recon_weight: [0.05, 0.1, 0.15, 0.2, 0.25]
  seed: {seeds}
"""
CELLS_OF_A_SEED = 100


def write_sweep(folder: Path, cells: int) -> Path:
    """Write a sweep file of so many cells, a multiple of 100, and return its path."""
    path = folder / f"cells{cells}.yaml"
    path.write_text(SWEEP.format(seeds=list(range(cells // CELLS_OF_A_SEED))), encoding="utf-8")
    return path


def fill(store: Store, sweep_file: Path) -> None:
    """Let a store hold every trial of a sweep of stage 1, as if it had been launched there."""
    sweep = load_sweep(sweep_file)
    checksums = {name: data.checksum() for name, data in load_datasets(sweep, None).items()}
    for cell in sweep.cells:
        record = StageRecord(
            metrics={"val_loss": 1.0},
            timings={"seconds": 1.0},
            provenance={"data_checksum": checksums[cell.config.stage1.dataset]},
            history=[],
        )
        for stage in trial_stages(cell.config):
            store.write_stage(stage.stage_id, record, _write_weights)
    for first in range(0, len(sweep.cells), PART_TRIALS):
        rows = [_row(cell, checksums) for cell in sweep.cells[first : first + PART_TRIALS]]
        write_part(store.path / TRIALS_FOLDER / f"{new_part_name()}.parquet", table(rows, TRIALS))
    store.write_sweep({**sweep_record(sweep), "launched_at": datetime.now(UTC).isoformat()})


def _row(cell: Cell, checksums: dict[str, str]) -> dict[str, object]:
    dataset = cell.config.stage1.dataset
    ids = {"trial_id": cell.config.trial_id, "stage1_id": cell.config.stage1_id}
    return {**ids, "dataset": dataset, "status": "done", "data_checksum": checksums[dataset]}


def _write_weights(path: Path) -> str:
    path.write_bytes(b"none")
    return hashlib.sha256(b"none").hexdigest()
