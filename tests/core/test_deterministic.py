"""What a process sets that is to have the same bits on a GPU, or streams side by side."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

ROOT = Path(__file__).parents[2]
PREPARED = """\
import os, sys
import torch
from ncvq_core.training.process import prepare_process
prepare_process(deterministic=sys.argv[1] == "deterministic")
print(torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic)
print(os.environ.get("CUBLAS_WORKSPACE_CONFIG"), os.environ["CUDA_DEVICE_MAX_CONNECTIONS"], torch.cuda.is_initialized())
"""


@pytest.mark.parametrize(
    ("argument", "before", "expected"),
    [
        ("deterministic", {}, ["True", "True", ":4096:8", "32", "False"]),
        ("usual", {}, ["False", "False", "None", "32", "False"]),
        ("usual", {"CUDA_DEVICE_MAX_CONNECTIONS": "16"}, ["False", "False", "None", "16", "False"]),
    ],
)
def test_a_process_is_prepared(argument: str, before: dict[str, str], expected: list[str]) -> None:
    command = [sys.executable, "-W", "error", "-c", PREPARED, argument]
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("CUBLAS_", "CUDA_"))}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=unset | before)
    assert done.stdout.split() == expected
