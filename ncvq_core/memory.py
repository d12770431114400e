"""Peak memory of a part of a process's life."""

import resource
import sys
from pathlib import Path

import torch

_PROC = Path("/proc/self")


def reset_peak_memory(device: torch.device) -> None:
    """Start a new measurement; on the CPU this needs Linux, elsewhere the peak is the process's."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif (_PROC / "clear_refs").exists():
        (_PROC / "clear_refs").write_text("5")


def peak_memory_bytes(device: torch.device) -> int:
    """Return the highest allocated memory on a GPU, or resident memory of this process, since the last reset."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if (_PROC / "status").exists():
        lines = (_PROC / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
