"""The row and the history of a trial."""

import json
from dataclasses import replace

import pytest

from ncvq_core.config import TrialConfig
from orchestrator.launching.rows import config_columns, failed_row, finished_row, history_rows
from orchestrator.planning.queue import Outcome
from orchestrator.store import StageRecord
from orchestrator.store.schema import HISTORY_TABLE, METRICS, TRIALS, table

PLAIN = TrialConfig.from_dict({"dataset": "ItalyPowerDemand", "seed": 3})
WITH_SSL = TrialConfig.from_dict(
    {"dataset": "ItalyPowerDemand", "ssl": "vibcreg", "augmentations": ["window_warp", "amplitude_resize"]}
)
STAGE = StageRecord(
    metrics={name: float(index) for index, name in enumerate(METRICS)} | {"ssl_loss": None},
    timings={"seconds": 1.5, "peak_memory_bytes": 2e9},
    provenance={"started_at": "2026-01-02T03:04:05+00:00", "host": "here", "git_dirty": False, "threads": 1},
    history=[{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}],
)


def test_settings_without_effect_are_null() -> None:
    columns = config_columns(PLAIN)
    assert columns["ssl"] == "none"
    assert columns["seed"] == 3
    assert [columns[name] for name in ("augmentations", "aug_recon_weight", "ssl_weight")] == [None] * 3


def test_augmentations_are_one_text() -> None:
    columns = config_columns(WITH_SSL)
    assert (columns["ssl"], columns["augmentations"]) == ("vibcreg", "window_warp+amplitude_resize")
    assert columns["aug_recon_weight"] == 0.1


@pytest.mark.parametrize("config", [PLAIN, WITH_SSL])
def test_the_config_can_be_read_back(config: TrialConfig) -> None:
    columns = config_columns(config)
    again = TrialConfig.from_dict(json.loads(columns["config_json"]))
    assert again == config
    assert (again.trial_id, again.stage1_id) == (columns["trial_id"], columns["stage1_id"])


def test_a_finished_row_holds_metrics_timings_and_provenance() -> None:
    row = table([finished_row(PLAIN, {"stage1": STAGE})], TRIALS).to_pylist()[0]
    assert row["status"] == "done"
    assert {name: row[name] for name in METRICS} == STAGE.metrics
    assert (row["stage1_seconds"], row["stage1_peak_memory_bytes"]) == (1.5, 2_000_000_000)
    assert row["started_at"].isoformat() == "2026-01-02T03:04:05+00:00"
    assert (row["host"], row["git_dirty"], row["error"]) == ("here", False, None)


def test_a_note_of_several_stages_is_kept_once() -> None:
    records = {
        stage: replace(STAGE, provenance={**STAGE.provenance, "data_notes": notes})
        for stage, notes in {"stage1": "padded; one class", "stage2": "padded", "samples": "padded; few"}.items()
    }
    assert finished_row(PLAIN, records)["data_notes"] == "padded; one class; few"
    assert finished_row(PLAIN, {"stage1": STAGE})["data_notes"] is None


def test_a_failed_row_holds_the_reason_and_no_metric() -> None:
    outcome = Outcome(stage_id="s", status="failed", error="ValueError: no", traceback="Traceback …")
    row = table([failed_row(WITH_SSL, "stage1", outcome)], TRIALS).to_pylist()[0]
    assert (row["status"], row["error"], row["traceback"]) == ("failed", "ValueError: no", "Traceback …")
    assert row["dataset"] == "ItalyPowerDemand"
    assert {row[name] for name in METRICS} == {None}


def test_history_has_a_row_a_stage_and_epoch() -> None:
    rows = table(history_rows(PLAIN, {"stage1": STAGE}), HISTORY_TABLE).to_pylist()
    assert [(row["trial_id"], row["stage"], row["epoch"], row["loss"]) for row in rows] == [
        (PLAIN.trial_id, "stage1", 1, 2.0),
        (PLAIN.trial_id, "stage1", 2, 1.0),
    ]
    assert rows[0]["ssl_loss"] is None


def test_a_column_outside_the_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="columns outside the schema: \\['speed'\\]"):
        table([{"trial_id": "x", "speed": 1}], TRIALS)
