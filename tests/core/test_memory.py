"""Freed memory: kept while a run trains, given back when it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEEP_THEN_RELEASE = """\
import torch
from ncvq_core.training.memory import keep_freed_memory, release_freed_memory

def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024

keep_freed_memory()
first = resident()
tensors = [torch.ones(2**18) for _ in range(200)]  # 200 MiB
pin = torch.ones(2**18)  # nothing can be cut off above it
del tensors
kept = resident() - first
release_freed_memory()
print(kept, resident() - first)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc and /proc")
def test_freed_memory_is_kept_until_it_is_released() -> None:
    command = [sys.executable, "-c", KEEP_THEN_RELEASE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    kept, after = (int(word) for word in done.stdout.split())
    assert kept > 190
    assert after < 20
