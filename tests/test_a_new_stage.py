"""A stage is one kind, what it runs, and its name in one registry: the rest follows, from the plan to the report."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]

SWEEP = """\
description: a sweep of seconds
base: {dataset: ItalyPowerDemand, epochs: 2, projector_width: 64, channels: 8, augmentations: [slice_and_shuffle]}
factors:
  ssl: [none, barlowtwins]
  seed: [0, 1]
baseline: {ssl: none}
answers: [loudness]
"""

STAGE = '''\
"""The loudest channel of each tokenizer: a stage that a test adds."""

from ncvq_core import metrics
from ncvq_core.stages import registry
from ncvq_core.stages.kind import StageKind

entry = metrics.Metric(
    name="loudness", stage="echo", label="Loudness of codes", family=metrics.CODEBOOK, source="?", better="lower",
    scale="log", margin=0.05,
)
metrics.METRICS = (*metrics.METRICS, entry)


class EchoKind(StageKind):
    name, words, changed, needs = "echo", "echo", "the echo", ("stage1",)
    details = ("loudest", "levels")

    def stage_id(self, config):
        from ncvq_core.config.trial import content_id

        return content_id({"echo": {"stage1": config.stage1_id}})

    def epochs(self, config, sizes):
        return 3

    def cost(self, config, sizes):
        from ncvq_core.stages.cost import Cost

        return Cost(flops=float(sizes.train), memory_bytes=1, steps=3)

    def build(self, given):
        from echo_run import EchoRun

        return EchoRun(given)


registry.KINDS = (*registry.KINDS, EchoKind())
'''

RUN = """\
import torch
from torch import Tensor

from ncvq_core.stages.base import StageResult, StageRun


class EchoRun(StageRun):
    trainer = None

    def __init__(self, given):
        super().__init__(given.dataset, given.device)
        self.codes = [value for name, value in given.needed["stage1"].items() if name.endswith("codebook.codes")]
        self.count = 0
        assert self.codes, list(given.needed["stage1"])

    @property
    def epoch(self):
        return self.count

    @property
    def finished(self):
        return self.count == 3

    def step(self):
        self.count += 1

    def result(self):
        levels = [float(codes.abs().max()) for codes in self.codes]
        return StageResult(
            metrics={"loudness": max(levels)}, history=[], tensors={"levels": torch.tensor(levels)},
            peak_memory_bytes=1, notes=("it echoed",), details={"loudest": "a code", "levels": levels},
        )

    def state(self) -> dict[str, Tensor]:
        return {"count": torch.tensor(self.count)}

    def _restore(self, state):
        self.count = int(state["count"])

    def _row(self, epoch):
        return {"epoch": epoch + 1}
"""

MAIN = """\
import sys

import echo_kind
from orchestrator.__main__ import main

main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"echo_kind.py": STAGE, "echo_run.py": RUN, "main.py": MAIN, "tiny.yaml": SWEEP}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, str(folder / "main.py"), *arguments, "--store", str(folder / "s")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_planned_run_kept_and_reported(folder: Path) -> None:
    sweep = str(folder / "tiny.yaml")
    planned = json.loads(run(folder, "plan", sweep, "--json"))
    assert {name: count["runs"] for name, count in planned["stages"].items()} == {"stage1": 4, "echo": 4}
    assert "echo runs: 4 (shared: 0)" in run(folder, "plan", sweep)

    run(folder, "launch", sweep, "--workers", "0")
    trials = pd.read_parquet(folder / "s" / "trials")
    assert (trials["loudness"] > 0).all()
    assert (trials["echo_seconds"] > 0).all()
    assert (trials["echo_peak_memory_bytes"] == 1).all()
    assert trials["loudest"].tolist() == ["a code"] * 4
    assert trials["loudness"].tolist() == [max(json.loads(text)) for text in trials["levels"]]
    assert all("it echoed" in notes for notes in trials["data_notes"])
    assert {path.name for path in (folder / "s" / "stages").iterdir()} == {*trials["stage1_id"], *trials["echo_id"]}
    assert json.loads(run(folder, "plan", sweep, "--json"))["finished"] == 4

    shown = json.loads(run(folder, "show", trials["trial_id"][0], "--json"))
    assert shown["trial"]["echo_id"] == trials["echo_id"][0]
    assert shown["provenance"]["loudest"] == "a code"
    run(folder, "check")
    assert "loudness" in run(folder, "report", "tiny")


def test_a_lost_one_is_run_again_alone(folder: Path) -> None:
    sweep = str(folder / "tiny.yaml")
    run(folder, "launch", sweep, "--workers", "0", "--set", "seed=0", "--set", "ssl=none")
    echo_id = pd.read_parquet(folder / "s" / "trials")["echo_id"][0]
    (folder / "s" / "stages" / echo_id / "record.json").unlink()
    planned = json.loads(run(folder, "plan", sweep, "--json", "--set", "seed=0", "--set", "ssl=none"))
    assert {name: count["runs"] for name, count in planned["stages"].items() if count["runs"]} == {"echo": 1}
