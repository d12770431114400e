"""What `--json` prints: one document with documented keys, the same facts as the text, nothing else."""

import dataclasses
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ncvq_core.config import TrialConfig
from orchestrator.cli.json_output import print_json
from orchestrator.planning.state import COUNTED, Launched, SweepState, Troubled
from orchestrator.planning.summary import FailedBefore, PlanSummary, StageRuns
from orchestrator.store import Store
from orchestrator.store.lock import exclusive
from tests.orchestrator.conftest import Design
from tests.orchestrator.test_cli import ncvq, refusal

pytestmark = pytest.mark.whole

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


def document(*arguments: str | Path) -> dict[str, Any]:
    result = ncvq(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("kind", [SweepState, Troubled, Launched, PlanSummary, StageRuns, FailedBefore])
def test_every_key_is_documented(kind: type) -> None:
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in DOCS] == []
    assert [name for name in COUNTED if f"`{name}`" not in DOCS] == []


def test_status(tiny_file: Path, finished: Store) -> None:
    told = document("status", tiny_file, "--store", finished.path, "--set", "seed=[0, 1, 2]")
    assert set(told) == {field.name for field in dataclasses.fields(SweepState)}
    assert told["counts"] == dict.fromkeys(COUNTED, 0) | {"done": 4, "missing": 2}
    assert (told["sweep"], told["profile"], told["trials"], told["owner"]) == ("tiny", None, 6, None)
    assert (told["running"], told["troubled"], told["damaged"]) == ([], [], [])
    assert told["launched"] == {"trials": 4, "finished": 4}


def test_status_of_running_and_failed_trials(tiny_file: Path, finished: Store, design: Design) -> None:
    failed, running = (cell.config for cell in design(seed=[0, 1, 2]).cells if cell.config.stage1.seed == 2)
    row = finished.read_trial(finished.trial_ids()[0]) or {}
    finished.write_trial({**row, "trial_id": failed.trial_id, "status": "failed", "error": "ValueError: <x> [red]"}, [])
    state = {"stage": "stage1", "label": "seed=2", "epoch": 1, "epochs": 2, "updated_at": "now",
             "trial_ids": [running.trial_id]}  # fmt: skip
    with exclusive(finished.path, "a test"):
        finished.write_running(running.stage1_id, state)
        told = document("status", tiny_file, "--store", finished.path, "--set", "seed=[0, 1, 2]")
    assert told["counts"] == dict.fromkeys(COUNTED, 0) | {"done": 4, "running": 1, "failed": 1}
    assert told["running"] == [{"stage_id": running.stage1_id, **state}]
    assert isinstance(told["owner"]["pid"], int)
    assert told["troubled"] == [{
        "trial_id": failed.trial_id, "status": "failed", "levels": {"ssl": "none", "seed": 2},
        "label": "ssl=none seed=2", "error": "ValueError: <x> [red]",
    }]  # fmt: skip


def test_plan_of_a_new_and_of_a_finished_sweep(tiny_file: Path, finished: Store, tmp_path: Path) -> None:
    told = document("plan", tiny_file, "--store", tmp_path / "none", "--workers", "2")
    assert set(told) == {field.name for field in dataclasses.fields(PlanSummary)}
    assert told["factors"] == {"ssl": ["none", "barlowtwins"], "seed": [0, 1]}
    assert told["stages"] == {"stage1": {"runs": 4, "shared": 0}}
    assert (told["cells"], told["trials"], told["finished"], told["to_run"], told["workers"]) == (4, 4, 0, 4, 2)
    assert told["expected_seconds"] > 0
    assert told["measured"] is False
    assert told["memory_bytes"] > 1e6
    told = document("plan", tiny_file, "--store", finished.path)
    assert (told["finished"], told["to_run"], told["expected_seconds"]) == (4, 0, 0)


def test_plan_names_datasets_that_are_left_out_without_a_line_of_text(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "description: x\nbase: {epochs: 1}\nfactors: {dataset: [ItalyPowerDemand, Nowhere], seed: [0, 1]}\n"
    )
    Store(tmp_path / "store", create=True)
    for command in ("plan", "status"):
        told = document(command, path, "--store", tmp_path / "store", "--available", "--data-dir", tmp_path)
        assert told["datasets_left_out"] == ["Nowhere"]
        assert told["trials"] == 2


def test_show_has_values_that_make_the_trial_again(finished: Store, design: Design) -> None:
    config = design().cells[-1].config
    told = document("show", config.trial_id[:6], "--store", finished.path)
    assert set(told) == {"trial", "config", "metrics", "provenance", "traceback", "full_config"}
    assert told["trial"]["trial_id"] == config.trial_id
    assert TrialConfig.from_dict(told["full_config"]).trial_id == config.trial_id
    row = finished.read_trial(config.trial_id) or {}
    assert told["metrics"]["val_loss"] == row["val_loss"]
    assert told["metrics"]["fid"] is None
    assert told["config"]["epochs"] == 2
    assert datetime.fromisoformat(told["provenance"]["started_at"]).tzinfo is not None
    assert told["provenance"]["package_versions"]["numpy"]


def test_errors_are_as_without_it(tiny_file: Path, finished: Store, tmp_path: Path) -> None:
    for command in (
        ("status", "quikstart"),
        ("plan", "quikstart"),
        ("status", tiny_file, "--store", tmp_path / "none"),
        ("show", "zz", "--store", finished.path),
    ):
        assert refusal(*command, "--json") == refusal(*command)
    assert "leave one of them out" in refusal("status", tiny_file, "--store", finished.path, "--watch", "--json")


def test_values_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"a": [math.nan, math.inf, 0.1, (1, True, None)], "b": datetime(2020, 1, 2, tzinfo=UTC), "c": "量 <b>"}
    print_json(value)
    told = json.loads(capsys.readouterr().out)
    assert told == {"a": [None, None, 0.1, [1, True, None]], "b": "2020-01-02T00:00:00+00:00", "c": "量 <b>"}
