"""A metric is one entry of one table, and what measures it: the rest follows, up to the page."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

ROOT = Path(__file__).parents[1]

SWEEP = """\
description: a sweep of seconds
base: {dataset: ItalyPowerDemand, epochs: 2, projector_width: 64, channels: 8, augmentations: [slice_and_shuffle]}
factors:
  ssl: [none, barlowtwins]
  seed: [0, 1]
baseline: {ssl: none}
answers: [%s]
"""

SCRIPT = """\
import sys
from ncvq_core import metrics

entry = metrics.Metric(
    name="silence", stage="stage1", label="Silence of codes", family=metrics.CODEBOOK, source="?", better="lower",
    scale="log", margin=0.05,
)
if "with entry" in sys.argv:
    metrics.METRICS = (*metrics.METRICS, entry)

from ncvq_core.stages.tokenizer import run as stage1_run

measured = stage1_run.evaluate_stage1
stage1_run.evaluate_stage1 = lambda *a: (found := measured(*a))._replace(metrics=found.metrics | {"silence": 1.5})

from orchestrator.__main__ import main

sys.argv = ["ncvq", *sys.argv[2:]]
main()
"""


def run(folder: Path, entry: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "with_metric.py").write_text(SCRIPT)
    command = [sys.executable, str(folder / "with_metric.py"), entry, *arguments]
    return subprocess.run(command, cwd=ROOT, env=None, capture_output=True, text=True, timeout=240)


@pytest.mark.slow
def test_it_reaches_the_store_the_claims_and_the_page(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SWEEP % "silence")
    store = str(tmp_path / "s")
    launched = run(tmp_path, "with entry", "launch", str(tmp_path / "tiny.yaml"), "--store", store, "--workers", "0")
    assert launched.returncode == 0, launched.stdout + launched.stderr
    assert pd.read_parquet(tmp_path / "s" / "trials")["silence"].tolist() == [1.5] * 4
    assert "validation_silence" in pd.read_parquet(tmp_path / "s" / "history")
    told = run(tmp_path, "with entry", "report", "tiny", "--store", store)
    assert "silence is identical with barlowtwins and none in 2 blocks." in told.stdout, told.stderr
    page = tmp_path / "s" / "reports" / "tiny"
    assert "Silence of codes" in (page / "index.html").read_text(encoding="utf-8")
    assert "silence" in {row["metric"] for row in json.loads((page / "claims.json").read_text())["claims"]}


def test_without_its_entry_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SWEEP % "val_loss")
    store = str(tmp_path / "s")
    launched = run(tmp_path, "without", "launch", str(tmp_path / "tiny.yaml"), "--store", store, "--workers", "0")
    assert launched.returncode != 0
    assert "['silence']: measured, but not in the table of ncvq_core/metrics.py" in launched.stdout + launched.stderr
