"""What `ncvq plan` says is what a launch does: one preparation, one count of workers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.execution.executor import EXECUTORS, RAY, Executor
from orchestrator.execution.packs import Packs
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.prepare import prepare
from orchestrator.planning import machine
from orchestrator.planning.capacity import Capacity, capacity
from orchestrator.planning.queue import StageTask
from tests.orchestrator.conftest import Design, Launch

noted: list[tuple[Capacity, int]] = []


class NotingExecutor(Executor):
    """Takes note of what it could run with, and runs nothing."""

    def execute(self, packs: Packs) -> None:
        noted.append((self.capacity, self.worker.threads))


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    noted.clear()
    monkeypatch.setitem(EXECUTORS, RAY, f"{__name__}:NotingExecutor")


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    monkeypatch.setattr(machine, "available_memory", lambda: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def task(memory_bytes: int) -> StageTask:
    return StageTask(
        stage_id=str(memory_bytes), stage="stage1", config={}, label="", trial_ids=("t",), memory_bytes=memory_bytes
    )


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("asked", "workers"),
    [
        ({"gpus_per_trial": 0.0}, 4),  # no more than there are stages
        ({"gpus_per_trial": 0.0, "threads": 4}, 2),
        ({"gpus_per_trial": 0.0, "threads": 3, "pack": 2}, 2),
        ({"gpus_per_trial": 0.0, "workers": 7}, 7),
        ({"gpus_per_trial": 0.5, "pack": 3}, 4),
        ({}, 2),
        ({"address": "auto", "pack": 5}, None),
    ],
)
def test_a_plan_counts_the_workers_of_the_launch(
    design: Design, run_here: Launch, tmp_path: Path, asked: dict[str, Any], workers: int | None
) -> None:
    options = {"workers": None, "gpus_per_trial": None, **asked}
    planned = prepare(design(), LaunchOptions(store=tmp_path / "s", **options)).planned(None)
    run_here(design(), tmp_path / "s", **options)
    assert noted == [(planned.capacity, planned.capacity.threads)]
    assert planned.capacity.workers == workers
    assert len(planned.plan.tasks) == 4


@pytest.mark.parametrize("memory", [None, 10**9])
def test_the_command_plan_says_so(
    design: Design,
    run_here: Launch,
    tiny_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: int | None,
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 3)
    monkeypatch.setattr(machine, "available_memory", lambda: memory)
    told = CliRunner().invoke(app, ["plan", str(tiny_file), "--store", str(tmp_path / "s"), "--json"])
    run_here(design(), tmp_path / "s", workers=None, gpus_per_trial=None)
    ((capacity, _),) = noted
    document = json.loads(told.stdout)
    assert document["workers"] == capacity.workers
    assert document["memory_bytes"] * document["workers"] <= (memory or 10**12)


def test_memory_is_that_of_a_whole_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    monkeypatch.setattr(machine, "available_memory", lambda: 70)
    tasks = [task(size) for size in (10, 20, 5, 1)]
    wide = capacity(gpus=0.0, pack=2)
    assert wide.memory_bytes(tasks) == 30
    assert wide.fitted(tasks).workers == 2
    assert capacity(gpus=0.0, pack=9).memory_bytes(tasks) == 36
    assert capacity(gpus=0.0).fitted(tasks).workers == 3
    assert capacity(gpus=0.0).fitted([]).workers == 1
    assert capacity(gpus=0.0, workers=0).fitted(tasks).workers == 0
    assert capacity(gpus=0.0, workers=0).side_by_side == 1
