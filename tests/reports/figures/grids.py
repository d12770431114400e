"""Sweeps of any size, written fast: one file for all trials, one for all epochs. Every number is invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestrator.store.marker import write_version
from orchestrator.store.parts import write_part
from orchestrator.store.sweep_files import write_sweep
from reports.figures.contract import FigureModule, View, results_of
from reports.figures.registry import REGISTRY
from reports.read_store import Results, read_results
from tests.reports.conftest import PROVENANCE

Levels = dict[str, Any]
Change = Callable[[Levels], Levels | None]
"""From the levels of a cell, what its row holds beside the usual; None leaves the cell missing."""

WITHOUT_SSL = ("augmentations", "aug_recon_weight")
"""Factors that have no meaning without an SSL method."""
TEXT = ("error", "git_commit", "data_notes", "fcn", "augmentations")


def cells_of(factors: Mapping[str, Sequence[Any]]) -> list[Levels]:
    """The cells of a design, in which `none` has neither augmentations nor a weight."""
    found: dict[str, Levels] = {}
    for levels in product(*factors.values()):
        cell = dict(zip(factors, levels, strict=True))
        if cell.get("ssl") == "none":
            cell |= {name: None for name in WITHOUT_SSL if name in cell}
        found[repr(cell)] = cell
    return list(found.values())


def write_grid(
    root: Path, factors: Mapping[str, Sequence[Any]], *, baseline: Mapping[str, Any] | None = None, epochs: int = 3,
    change: Change = lambda levels: {},
) -> Path:  # fmt: skip
    """Write a store with the sweep "fixture"; stage 2 has numbers where the token embedding varies."""
    baseline = {"ssl": "none"} if baseline is None and "none" in factors.get("ssl", ()) else dict(baseline or {})
    generator = np.random.default_rng(0)
    shared: dict[tuple[Any, Any], float] = {}
    cells, rows, lines = [], [], []
    for place, levels in enumerate(cells_of(factors)):
        trial_id = f"{place:012x}"
        cells.append({"trial_id": trial_id, "levels": levels})
        if (own := change(levels)) is None:
            continue
        block = (levels.get("dataset"), levels.get("seed"))
        common = shared.setdefault(block, generator.normal(0, 0.3))
        size = float(np.exp(common + 0.5 * (levels.get("aug_recon_weight") or 0) + 0.02 * generator.normal()))
        row = {**_metrics(levels, size, generator), **own}
        rows.append({
            "trial_id": trial_id, "status": "done", "error": None, **_raw(levels), **PROVENANCE, "device": "cpu:0",
            "data_checksum": f"sum-{levels.get('dataset')}", "stage1_id": f"s{trial_id}", "stage1_seconds": 60 * size,
            "stage1_peak_memory_bytes": 2**30, "started_at": pd.Timestamp("2020-01-01", tz="UTC"), **row,
        })  # fmt: skip
        if rows[-1]["status"] == "done":
            lines += _lines(trial_id, levels, row, epochs)
    (root / "trials").mkdir(parents=True)
    (root / "history").mkdir()
    _write(root / "trials", rows)
    _write(root / "history", lines)
    write_version(root)
    write_sweep(root / "sweeps", {
        "name": "fixture", "description": "invented", "launched_at": "2020-01-01T00:00:00Z",
        "factors": {name: list(levels) for name, levels in factors.items()}, "baseline": baseline, "cells": cells,
    })  # fmt: skip
    return root


def _metrics(levels: Levels, size: float, generator: np.random.Generator) -> Levels:
    noise = generator.normal(0, 0.01, size=4)
    made: Levels = {
        "val_loss": size, "recon_time": 0.1 * size, "probe_svm": 0.8 + noise[0], "probe_knn": 0.7 + noise[1],
        "ssl_loss": None if levels.get("ssl", "none") == "none" else 10 * size,
    }  # fmt: skip
    if "token_embedding" in levels:
        made |= {"fid": 5 * size, "is_mean": 1.5 + noise[2], "cas": 0.6 + noise[3], "fcn": "trained 5e6f7a8b"}
        made |= {"stage2_id": f"t{size}", "stage2_seconds": 30 * size, "stage2_peak_memory_bytes": 2**29}
    return made


def _raw(levels: Levels) -> Levels:
    """The columns of a trial that have a factor's name hold settings, not labels."""
    return {name: f"raw {level}" if name == "augmentations" else level for name, level in levels.items()}


def _lines(trial_id: str, levels: Levels, row: Levels, epochs: int) -> Iterator[Levels]:
    size, has_ssl = row["val_loss"] or 1.0, row["ssl_loss"] is not None
    for epoch in range(1, epochs + 1):
        first = {"loss": size / epoch, "recon_time": size / epoch, "ssl_loss": 10 * size / epoch if has_ssl else None}
        yield {"trial_id": trial_id, "stage": "stage1", "epoch": epoch, **first}
        if "token_embedding" in levels:
            second = {"prior_loss": 4 * size / epoch, "validation_prior_loss": 5 * size / epoch}
            yield {"trial_id": trial_id, "stage": "stage2", "epoch": epoch, **second}


def _write(folder: Path, rows: Sequence[Levels]) -> None:
    if not rows:
        return
    frame = pd.DataFrame(rows)
    empty = {name: "str" if name in TEXT else "float64" for name in frame if frame[name].isna().all() or name in TEXT}
    write_part(folder / "all.parquet", pa.Table.from_pandas(frame.astype(empty), preserve_index=False))


def results_of_grid(root: Path, factors: Mapping[str, Sequence[Any]], **options: Any) -> Results:
    """Write a store, and read it."""
    return read_results(write_grid(root, factors, **options), "fixture")


def figures_of(results: Results, name: str) -> list[tuple[View, pd.DataFrame, Results]]:
    """The pages of a figure that have something to draw, each with its table and what it is made of."""
    module = REGISTRY[name]
    found = []
    for view in module.views(results, pd.DataFrame()):
        shown = results_of(view, results)
        table = module.table(shown, pd.DataFrame(), view).reset_index(drop=True)
        if len(table):
            found.append((view, table, shown))
    return found


def module_of(name: str) -> FigureModule:
    return REGISTRY[name]
