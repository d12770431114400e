"""The row and the history of a trial, put together from its stages."""

import json
from datetime import datetime
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stage1_config import augmentations_text, band_augmentations_text
from orchestrator.schema import METRICS
from orchestrator.store import StageRecord
from orchestrator.tasks import Outcome


def config_columns(config: TrialConfig) -> dict[str, Any]:
    """Return a trial's identity and settings as columns; settings without effect are null."""
    stage1 = config.stage1
    written = config.to_dict()
    return {
        **written,
        "projector_width": written["projector_width"] if stage1.ssl and stage1.ssl.uses_projector_width else None,
        "ssl": SSL_METHODS.text(stage1.ssl) if stage1.ssl else "none",
        "augmentations": augmentations_text(stage1.augmentations) or None,
        "band_augmentations": band_augmentations_text(stage1.band_augmentations) or None,
        "trial_id": config.trial_id,
        "stage1_id": config.stage1_id,
        "config_json": json.dumps(written, sort_keys=True),
    }


def finished_row(config: TrialConfig, stage1: StageRecord) -> dict[str, Any]:
    """Return the row of a trial whose stages are done."""
    return {
        **config_columns(config),
        **_provenance_columns(stage1.provenance),
        **{name: stage1.metrics.get(name) for name in METRICS},
        "status": "done",
        "stage1_seconds": stage1.timings["seconds"],
        "stage1_peak_memory_bytes": int(stage1.timings["peak_memory_bytes"]),
    }


def failed_row(config: TrialConfig, outcome: Outcome) -> dict[str, Any]:
    """Return the row of a trial that failed or diverged."""
    return {
        **config_columns(config),
        **_provenance_columns(outcome.provenance),
        "status": outcome.status,
        "error": outcome.error,
        "traceback": outcome.traceback,
    }


def history_rows(config: TrialConfig, stage1: StageRecord) -> list[dict[str, Any]]:
    """Return one row for each stage and epoch of a trial."""
    return [{"trial_id": config.trial_id, "stage": "stage1", **row} for row in stage1.history]


def _provenance_columns(provenance: dict[str, Any]) -> dict[str, Any]:
    """Return provenance with its start as a time instead of text; empty where a worker died without a word."""
    if not provenance:
        return {}
    return {**provenance, "started_at": datetime.fromisoformat(provenance["started_at"])}
