"""Numbers do not depend on what a process did before: its flags are set where a worker starts, and asserted later.

TF32 is a GPU's; here a CPU is made to count as one, so that every stage asserts the flags.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.errors import ConfigError
from ncvq_core.prior.series_sampler import load_generator
from ncvq_core.prior.token_source import TokenSource
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.tokenizer.load import load_tokenizer
from ncvq_core.training import precision
from orchestrator.execution.models import open_model
from orchestrator.store import Store
from tests.orchestrator.stage2 import tiny2

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
FRESH = """\
import os
import sys
from pathlib import Path

import torch

from ncvq_core.training import precision

precision.WITH_TF32 = ("cpu", "cuda")
assert torch.backends.cudnn.allow_tf32, "torch's own default"
"""
LAUNCH = """
import pytest
from rich.console import Console

from orchestrator.launching.launch import launch
from orchestrator.launching.options import LaunchOptions
from tests.orchestrator.stage2 import make_judges_brief, tiny2

make_judges_brief(pytest.MonkeyPatch())
folder = Path(sys.argv[1])
options = LaunchOptions(store=folder / "store", workers=0, gpus_per_trial=0.0)
assert launch(tiny2(folder), options, Console()).exit_code == 0
sys.stdout.flush()
os._exit(0)  # as the command does: threads of libraries sometimes end a process badly
"""
RAY_WORKER = """
from orchestrator.execution.ray.worker import PackTrainable

PackTrainable({"tasks": [], "worker": {"store": Path(sys.argv[1])}})
precision.check_exact_float32(torch.device("cuda"))
"""


def run_fresh(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FRESH + code, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.thorough
@pytest.mark.parametrize("code", [LAUNCH, RAY_WORKER], ids=["inline", "ray"])
def test_a_worker_sets_the_flags_before_its_first_stage(code: str, tmp_path: Path) -> None:
    done = run_fresh(code, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stage_of_a_process_that_has_not_is_refused(
    finished2_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: TrialConfig = tiny2(tmp_path).cells[0].config
    dataset = load_dataset(config.stage1.dataset)
    store = Store(finished2_folder)
    assert config.stage2_id
    tokenizer, prior = (open_model(store, each).tensors for each in (config.stage1_id, config.stage2_id))
    model = load_tokenizer(config.stage1, dataset, tokenizer, CPU).model
    series = torch.zeros(4, dataset.channels, dataset.length)
    starts = {
        "stage": lambda: Stage1Run(config.stage1, dataset),
        "trainer": lambda: Stage1Trainer(config.stage1, series),
        "tokens": lambda: TokenSource(model, series, 1.0),
        "tokenizer": lambda: load_tokenizer(config.stage1, dataset, tokenizer, CPU),
        "generator": lambda: load_generator(config, dataset, tokenizer, prior),
    }
    monkeypatch.setattr(precision, "WITH_TF32", ("cpu", "cuda"))
    for start in starts.values():
        start()
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    for start in starts.values():
        with pytest.raises(ConfigError, match=r"would be TF32.*prepare_process"):
            start()


@pytest.mark.parametrize("flags", [(True, False), (False, True)])
def test_either_flag_is_one_too_many_on_a_gpu_and_none_matters_on_a_cpu(flags: tuple[bool, bool]) -> None:
    try:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = flags
        precision.check_exact_float32(CPU)
        with pytest.raises(ConfigError):
            precision.check_exact_float32(torch.device("cuda"))
    finally:
        precision.exact_float32()
    precision.check_exact_float32(torch.device("cuda"))
