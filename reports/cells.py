"""The cells of a sweep with what the store has of their trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from orchestrator.store.status import Status


def with_trials(cells: pd.DataFrame, trials: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Add the trials' columns to the cells; where both have a column, the label of the cell is the one to show."""
    joined = cells.merge(trials.drop(columns=factors, errors="ignore"), on="trial_id", how="left")
    for column in ("status", "error"):
        joined[column] = joined[column].astype("str") if column in joined else pd.Series(dtype="str")
    recorded = joined["trial_id"].isin(trials["trial_id"])
    return joined.assign(status=joined["status"].fillna(Status.MISSING), recorded=recorded)


def with_progress(cells: pd.DataFrame, running: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Mark as running the cells that wait for a result and are named in what runs."""
    progress: dict[str, str] = {}
    for marker in running.values():
        text = f"{marker['stage']}, epoch {marker['epoch']} of {marker['epochs']}, last sign {marker['updated_at']}"
        progress.update(dict.fromkeys(marker["trial_ids"], text))
    waiting = cells["status"].isin([Status.MISSING, Status.FAILED])
    at_work = waiting & cells["trial_id"].isin(list(progress))
    return cells.assign(
        status=cells["status"].mask(at_work, Status.RUNNING),
        progress=cells["trial_id"].map(progress).astype("str").where(at_work),
    )
