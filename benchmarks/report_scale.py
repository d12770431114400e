"""Measures reading a sweep and making its report: processor seconds and peak memory, each in a process of its own.

    python -m benchmarks.report_scale --datasets 20 --epochs 250

A dataset is 504 trials: five methods with five sets and five weights, the baseline, four seeds. The numbers in it mean
nothing. Floors, in the same run: the same columns in one file, read by pyarrow, and the import of what draws.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from multiprocessing import Process
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestrator.store import Store
from orchestrator.store.parts import part_files, write_part
from orchestrator.store.schema import HISTORY_TABLE, TRIALS, table
from orchestrator.store.writer import PART_TRIALS
from reports.read_store import read_results
from reports.report import write_report

METRICS = (
    "val_loss", "recon_time", "recon_timefreq", "commitment", "perplexity", "codebook_corr", "codebook_cos",
    "class_separation", "probe_svm", "probe_knn", "probe_linear", "ssl_loss",
)  # fmt: skip
CURVES = (
    "loss", "recon_time", "recon_timefreq", "commitment", "aug_recon_time", "aug_recon_timefreq", "ssl_loss",
    "perplexity", "learning_rate",
)  # fmt: skip
"""What a launch of the first stage writes."""
METHODS = ["none", "barlowtwins", "vibcreg", "vicreg", "byol", "simsiam"]
SETS = ["warp", "slice", "gauss", "flip", "slope"]
WEIGHTS = [0.05, 0.1, 0.15, 0.2, 0.4]
SMALL: dict[str, list[Any]] = {"ssl": METHODS[:2], "augmentations": SETS[:2], "aug_recon_weight": [0.05, 0.2]}
"""The quickstart has two datasets of these, four seeds and 40 epochs: 40 trials."""
LARGE: dict[str, list[Any]] = {"ssl": METHODS, "augmentations": SETS, "aug_recon_weight": WEIGHTS}
LARGE_STORE, SMALL_STORE, ONE_FILE = "large", "small", "one.parquet"


def levels_of(factors: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """The cells of a sweep, of the baseline one a dataset and seed."""
    for dataset, method, seed in product(factors["dataset"], factors["ssl"], factors["seed"]):
        views = product(factors["augmentations"], factors["aug_recon_weight"])
        for augmentations, weight in [(None, None)] if method == "none" else views:
            yield {
                "dataset": dataset, "ssl": method, "augmentations": augmentations, "aug_recon_weight": weight,
                "seed": seed,
            }  # fmt: skip


def fill(path: Path, kinds: dict[str, list[Any]], datasets: int, epochs: int) -> None:
    """Write the parts directly: the time of a launch is not what is measured."""
    store, random = Store(path, create=True), np.random.default_rng(0)
    factors = {"dataset": [f"Data{place:02d}" for place in range(datasets)], **kinds, "seed": [0, 1, 2, 3]}
    cells = [{"trial_id": f"{place:012x}", "levels": levels} for place, levels in enumerate(levels_of(factors))]
    for first in range(0, len(cells), PART_TRIALS):
        part = cells[first : first + PART_TRIALS]
        rows = [trial(cell, random) for cell in part]
        write_part(path / "trials" / f"part-{first:06d}.parquet", table(rows, TRIALS))
        write_part(path / "history" / f"part-{first:06d}.parquet", history(part, epochs, random))
    design = {"factors": factors, "baseline": {"ssl": "none"}, "cells": cells}
    store.write_sweep({"name": "large", "description": "", "launched_at": "2020-01-01T00:00:00Z", **design})


def trial(cell: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """The row of a done trial."""
    levels = cell["levels"]
    values: dict[str, float | None] = {name: 0.8 * float(np.exp(0.1 * random.normal())) for name in METRICS}
    if levels["ssl"] == "none":
        values["ssl_loss"] = None
    return {
        "trial_id": cell["trial_id"], "stage1_id": cell["trial_id"], "status": "done", **levels, **values, "stages": 1,
        "stage1_seconds": 60.0, "stage1_peak_memory_bytes": 2**30, "started_at": datetime.now(UTC), "device": "cpu:0",
        "data_checksum": levels["dataset"], "dtype": "float32", "numerics_version": 1, "epochs": 250,
    }  # fmt: skip


def history(cells: list[dict[str, Any]], epochs: int, random: np.random.Generator) -> pa.Table:
    """The rows of some trials."""
    ids = [cell["trial_id"] for cell in cells for _ in range(epochs)]
    values = {name: np.exp(random.normal(size=len(ids))) for name in CURVES}
    held = {"trial_id": ids, "stage": ["stage1"] * len(ids), "epoch": list(range(1, epochs + 1)) * len(cells), **values}
    columns = [pa.array(held[field.name], field.type) if field.name in held else pa.nulls(len(ids), field.type)
               for field in HISTORY_TABLE]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=HISTORY_TABLE)


def read_one_file(path: Path) -> None:
    """Read the columns that hold anything."""
    pq.read_table(path / ONE_FILE, columns=["trial_id", "stage", "epoch", *CURVES], read_dictionary=["trial_id"])


def import_what_draws(_: Path) -> None:
    """Import seaborn, which imports matplotlib, into a process without."""
    subprocess.run([sys.executable, "-c", "import seaborn.objects"], check=True)


CASES: dict[str, Callable[[Path], object]] = {
    "load": lambda path: read_results(path, "large"),
    "pyarrow": read_one_file,
    "report": lambda path: write_report(path, "large"),
    "import": import_what_draws,
}


def measured(case: str, path: Path) -> str:
    """Seconds of processor, and the peak of the process in GB, of a case in a new process."""
    command = [sys.executable, "-m", "benchmarks.report_scale", "--case", case, "--store", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_stores(folder: Path, datasets: int, epochs: int) -> None:
    """Fill a large and a small store; in a process of its own, because a child's peak begins with its parent's size."""
    fill(folder / LARGE_STORE, LARGE, datasets, epochs)
    fill(folder / SMALL_STORE, SMALL, 2, 40)
    history = part_files(folder / LARGE_STORE / "history")
    pq.write_table(pa.concat_tables(map(pq.read_table, history)), folder / LARGE_STORE / ONE_FILE)


def run_case(case: str, path: Path) -> None:
    """Run a case in this process and print what it took, what it started included."""
    before = _used()
    CASES[case](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{_used() - before:.1f} s | {peak:.2f} GB")


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=250)
    parser.add_argument("--case", choices=CASES, help="used by the script itself")
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    if given.case:
        run_case(given.case, given.store)
        return
    with tempfile.TemporaryDirectory() as folder:
        filling = Process(target=make_stores, args=(Path(folder), given.datasets, given.epochs))
        filling.start()
        filling.join()
        large, small = Path(folder) / LARGE_STORE, Path(folder) / SMALL_STORE
        print("| what | processor | peak |\n|---|---|---|")
        for words, case, path in (
            ("read", "load", large), ("  floor: one file, pyarrow", "pyarrow", large), ("report", "report", large),
            ("report of 40 trials", "report", small), ("  floor: import of what draws", "import", small),
        ):  # fmt: skip
            print(f"| {words} | {measured(case, path)} |", flush=True)
        figures = len(list((large / "reports" / "large" / "figures").glob("*.png")))
        print(f"figures: {figures}")


if __name__ == "__main__":
    main()
