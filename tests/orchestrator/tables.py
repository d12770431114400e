"""What tests compare stores by."""

from pathlib import Path

import pandas as pd

from orchestrator.stages import TIMED

MEASURED = ("seconds", "peak_memory_bytes")
VOLATILE = (
    *(f"{stage}_{name}" for stage in TIMED for name in MEASURED), "started_at", "git_dirty", "git_commit",
)  # fmt: skip
"""Columns of a finished trial that two runs of it may differ in."""


def trials_table(store: Path) -> pd.DataFrame:
    """All trials, without what two runs of one may differ in."""
    table = pd.read_parquet(store / "trials").drop(columns=list(VOLATILE))
    return table.sort_values("trial_id").reset_index(drop=True)


def history_of(store: Path) -> pd.DataFrame:
    return pd.read_parquet(store / "history").sort_values(["trial_id", "epoch"]).reset_index(drop=True)


def written_at(store: Path) -> dict[str, int]:
    """When each result was written, by its path."""
    folders = ("trials", "history", "stages")
    files = [path for folder in folders for path in (store / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(store)): path.stat().st_mtime_ns for path in files}
