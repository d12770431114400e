"""What tests compare stores by."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from orchestrator.store import Store
from orchestrator.store.parts import part_files, read_part, write_part
from orchestrator.store.stages import OWN_NAMES

MEASURED = ("seconds", "peak_memory_bytes")
VOLATILE = (
    *(f"{stage}_{name}" for stage in OWN_NAMES for name in MEASURED), "started_at", "git_dirty", "git_commit",
)  # fmt: skip
"""Columns of a finished trial that two runs of it may differ in."""


def trials_table(store: Path) -> pd.DataFrame:
    """All trials, without what two runs of one may differ in."""
    table = pd.read_parquet(store / "trials").drop(columns=list(VOLATILE))
    return table.sort_values("trial_id").reset_index(drop=True)


def history_of(store: Path) -> pd.DataFrame:
    return pd.read_parquet(store / "history").sort_values(["trial_id", "epoch"]).reset_index(drop=True)


def written_at(store: Path, *folders: str) -> dict[str, int]:
    """When each result of some folders was written, or of all, by its path."""
    folders = folders or ("trials", "history", "stages")
    files = [path for folder in folders for path in (store / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(store)): path.stat().st_mtime_ns for path in files}


def forget(store: Store, trial_id: str) -> None:
    """Take a trial's row from a store, and leave its history and its stages."""
    for path in part_files(store.path / "trials"):
        rows = read_part(path)
        kept = rows.filter(pc.not_equal(rows.column("trial_id"), trial_id))
        if len(kept) < len(rows):
            write_part(path, kept)


def rows_of(store: Path) -> dict[str, dict[str, Any]]:
    """All of each trial's row, by trial id."""
    return Store(store).read_trials().rows


def writing(content: bytes) -> Callable[[Path], str]:
    """What writes a file of weights for `Store.write_stage`."""

    def write(path: Path) -> str:
        path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    return write
