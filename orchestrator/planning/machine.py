"""What this machine has to give: cores, memory and arithmetic."""

import os
import sys
from pathlib import Path

from orchestrator.sweepfile.sweep import Sweep

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
GPU_DRIVERS = tuple(Path(name) for name in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))
"""One of these is there on Linux where torch can see a GPU: of Nvidia, under Windows, of AMD."""


def usable_cores() -> int:
    """Return the cores that this process may use, which a job scheduler can make fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpu_count() -> int:
    """Return how many GPUs torch sees; it is imported to be asked only where there is a driver of one."""
    if "torch" not in sys.modules and sys.platform == "linux" and not any(path.exists() for path in GPU_DRIVERS):
        return 0
    import torch

    return torch.cuda.device_count()


def available_memory() -> int | None:
    """Return the bytes that new processes may take without swapping; None where the system does not say.

    The smaller of what the machine has left and what its container may still take.
    """
    known = [size for size in (_of_machine(), _of_container()) if size is not None]
    return min(known, default=None)


def precision_remark(sweep: Sweep) -> str | None:
    """Say what to do where a sweep asks for bfloat16 and this processor lacks it; None where all is well."""
    rough = sum(cell.config.stage1.precision == "bf16" for cell in sweep.cells)
    if not rough or _has_bfloat16():
        return None
    return (
        f"precision bf16 ({rough} trials): this processor has no bfloat16 arithmetic and would take hundreds of times "
        "as long as in float32; use --set precision=fp32, or a GPU (--gpus-per-trial)"
    )


def _has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 fast."""
    import torch

    from ncvq_core.training.precision import has_bfloat16

    return has_bfloat16(torch.device("cpu"))


def _of_machine() -> int | None:
    lines = MEMINFO.read_text().splitlines() if MEMINFO.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _of_container() -> int | None:
    """What cgroup version 2 leaves: the limit less what is used, but for pages of files that can be dropped."""
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
        statistics = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such group, or no limit
        return None
    return max(0, limit - used + int(statistics.get("inactive_file", 0)))
