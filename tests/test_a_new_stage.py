"""A stage is one kind, what it runs, and its name in one registry: the rest follows, from the plan to the report."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.whole

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
import contextlib
import io
import json
import sys

import echo_kind
from orchestrator.cli.app import app

printed = []
for command in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        app(command)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def run(folder: Path, *commands: str) -> list[str]:
    """Run commands in one process that knows the stage, and return what each printed."""
    store = ["--store", str(folder / "s")]
    script = [sys.executable, str(folder / "main.py"), json.dumps([[*command.split(), *store] for command in commands])]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    printed: list[str] = json.loads(done.stdout.splitlines()[-1])
    return printed


@pytest.mark.slow
def test_it_is_planned_run_kept_and_reported(tmp_path: Path) -> None:
    for name, text in {"echo_kind.py": STAGE, "echo_run.py": RUN, "main.py": MAIN, "tiny.yaml": SWEEP}.items():
        (tmp_path / name).write_text(text)
    tiny = tmp_path / "tiny.yaml"
    commands = (
        "plan {} --json",
        "plan {}",
        "launch {} --workers 0",
        "plan {} --json",
        "check",
        "report tiny --only cost --format svg",
    )
    planned, told, _, again, checked, _ = run(tmp_path, *(command.format(tiny) for command in commands))
    assert {name: count["runs"] for name, count in json.loads(planned)["stages"].items()} == {"stage1": 4, "echo": 4}
    assert "echo runs: 4 (shared: 0)" in told
    assert (json.loads(again)["finished"], json.loads(again)["to_run"]) == (4, 0)
    assert "every byte is as it was written" in checked
    figure = tmp_path / "s" / "reports" / "tiny" / "figures" / "cost.svg"
    assert "echo: time [s]" in figure.read_text(encoding="utf-8")

    trials = pd.read_parquet(tmp_path / "s" / "trials")
    assert (trials["loudness"] > 0).all()
    assert (trials["echo_seconds"] > 0).all()
    assert (trials["echo_peak_memory_bytes"] == 1).all()
    assert trials["loudest"].tolist() == ["a code"] * 4
    assert trials["loudness"].tolist() == [max(json.loads(text)) for text in trials["levels"]]
    assert all("it echoed" in notes for notes in trials["data_notes"])
    assert {path.name for path in (tmp_path / "s" / "stages").iterdir()} == {*trials["stage1_id"], *trials["echo_id"]}

    trial_id, echo_id = trials["trial_id"][0], trials["echo_id"][0]
    (tmp_path / "s" / "stages" / echo_id / "record.json").unlink()
    shown, planned = run(tmp_path, f"show {trial_id} --json", f"plan {tiny} --json")
    assert json.loads(shown)["trial"]["echo_id"] == echo_id
    assert json.loads(shown)["provenance"]["loudest"] == "a code"
    runs = {name: count["runs"] for name, count in json.loads(planned)["stages"].items()}
    assert runs == {"stage1": 0, "echo": 1}, "what is lost is run again, alone"
