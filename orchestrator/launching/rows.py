"""The row and the history of a trial, put together from its stages."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.config.tokenizer import augmentations_text, band_augmentations_text
from ncvq_core.config.trial import FURTHER
from ncvq_core.errors import ConfigError
from ncvq_core.numerics import FIRST
from ncvq_core.ssl import SSL_METHODS
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.queue import Outcome
from orchestrator.store import StageRecord
from orchestrator.store.schema import METRICS
from orchestrator.store.stages import DETAILS, ID_COLUMNS, OWN_NAMES, OWN_STAGES
from orchestrator.store.status import Status

Records = Mapping[str, StageRecord]
"""Finished stages of a trial, by stage."""


def config_columns(config: TrialConfig) -> dict[str, Any]:
    """Return a trial's identity and settings as columns; settings without effect are null."""
    stage1 = config.stage1
    written = config.to_dict()
    return {
        **{name: value for name, value in written.items() if name != FURTHER},
        "projector_width": written["projector_width"] if stage1.ssl and stage1.ssl.uses_projector_width else None,
        "ssl": SSL_METHODS.text(stage1.ssl) if stage1.ssl else "none",
        "augmentations": augmentations_text(stage1.augmentations) or None,
        "band_augmentations": band_augmentations_text(stage1.band_augmentations) or None,
        "stages": 2 if config.stage2 else 1,
        "trial_id": config.trial_id,
        **{ID_COLUMNS[kind.name]: kind.stage_id(config) for kind in OWN_STAGES},
        "config_json": json.dumps(written, sort_keys=True),
    }


def kept_config(row: Mapping[str, Any]) -> TrialConfig:
    """Return the config of a kept trial.

    Raises:
        ConfigError: something of it is not known here, as without the plugin that brought it.
    """
    try:
        return TrialConfig.from_dict(json.loads(row["config_json"]))
    except ConfigError as error:
        hint = "what a plugin brought needs it: --plugin FILE"
        raise ConfigError(f"trial {row['trial_id']}: {error}; {hint}") from error


def metric_columns(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a trial's metrics: those that every trial has, and the further ones of its config."""
    config = json.loads(row["config_json"] or "{}")
    return (*METRICS, *config.get(FURTHER, ()))


def finished_row(config: TrialConfig, records: Records) -> dict[str, Any]:
    """Return the row of a trial whose stages are done.

    Provenance is that of its last stage, from the start of the first; notes are those of all, each once.
    """
    own = {stage: records[stage] for stage in OWN_NAMES if stage in records}
    measured = {name: value for record in own.values() for name, value in record.metrics.items()}
    further = {name: measured[name] for name in config.metrics if name in measured}
    if unknown := measured.keys() - {*METRICS, *further}:
        raise ValueError(f"{sorted(unknown)}: measured, but not in the table of ncvq_core/metrics.py")
    origins = [record.provenance for record in own.values()]
    origin = {"numerics_version": FIRST, **origins[-1], "started_at": origins[0]["started_at"]}
    notes = [note for record in records.values() for note in (record.provenance.get("data_notes") or "").split("; ")]
    return {
        **config_columns(config),
        **_provenance_columns(origin),
        **{name: measured.get(name) for name in METRICS},
        **further,
        **_timing_columns(own),
        "data_notes": "; ".join(dict.fromkeys(note for note in notes if note)) or None,
        "status": Status.DONE,
        **_detail_columns(own),
    }


def failed_row(config: TrialConfig, stage: str, outcome: Outcome) -> dict[str, Any]:
    """Return the row of a trial of which a stage failed, diverged or was pruned; the error names one of several."""
    return {
        **config_columns(config),
        **_provenance_columns(outcome.provenance),
        "status": outcome.status,
        "error": f"{stage}: {outcome.error}" if len(trial_stages(config)) > 1 else outcome.error,
        "traceback": outcome.traceback,
    }


def history_rows(config: TrialConfig, records: Records) -> list[dict[str, Any]]:
    """Return one row for each trained stage and epoch of a trial."""
    return [
        {"trial_id": config.trial_id, "stage": stage, **row}
        for stage in OWN_NAMES
        if stage in records
        for row in records[stage].history
    ]


def _detail_columns(records: Records) -> dict[str, Any]:
    """Return what stages left beside metrics: words as they are, all else as JSON."""
    left = {name: value for record in records.values() for name, value in record.details.items()}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in left.items()}
    return {name: texts.get(name) for name in DETAILS}


def _timing_columns(records: Records) -> dict[str, Any]:
    seconds = {f"{stage}_seconds": record.timings["seconds"] for stage, record in records.items()}
    memory = {
        f"{stage}_peak_memory_bytes": int(record.timings["peak_memory_bytes"]) for stage, record in records.items()
    }
    return seconds | memory


def _provenance_columns(provenance: dict[str, Any]) -> dict[str, Any]:
    """Return provenance with its start as a time instead of text; empty where a worker died without a word."""
    if not provenance:
        return {}
    return {**provenance, "started_at": datetime.fromisoformat(provenance["started_at"])}
