"""Memory of this process: its peak, and how the allocator treats what is freed."""

import atexit
import ctypes
import gc
import os
import resource
import sys
from functools import cache
from pathlib import Path

import torch

_PROC = Path("/proc/self")
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4

SCARCE = 0.25
"""Part of a GPU's memory: with less of it free, memory is scarce."""


@cache
def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory for reuse; elsewhere this does nothing.

    By default each large tensor is mapped anew and its pages are zeroed one fault at a time: on two cores, the cast
    of a 4096 × 4096 weight then takes 27 ms instead of 8.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def release_freed_memory() -> None:
    """Give what is no longer used back to the system: glibc keeps it after `keep_freed_memory`, and torch on a GPU.

    For the end of a run in a process that goes on; elsewhere than with glibc or CUDA this does nothing. On a GPU it
    waits for all that runs there, and is therefore done only where memory is scarce.
    """
    if torch.cuda.is_initialized() and is_scarce(*torch.cuda.mem_get_info()):  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


@cache
def spare_loaded_modules(count: int) -> None:
    """Let collections of garbage pass over what is there now, once for each number of modules that are loaded.

    Torch, Ray and scikit-learn are 400,000 objects that stay; to look at each of them takes 0.2 s. What is passed over
    is freed no more where it is part of a cycle: call it right after a collection, when no run is alive in the process.

    Args:
        count: of the modules.
    """
    gc.freeze()
    atexit.register(gc.unfreeze)  # libraries complain at the end of what they made and is not freed then


def is_scarce(free: int, total: int) -> bool:
    """Whether so little of a GPU's memory is free that what torch keeps for itself should be given back."""
    return free < SCARCE * total


def reset_peak_memory(device: torch.device) -> None:
    """Start a new measurement; on the CPU this needs Linux, elsewhere the peak is the process's."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif os.access(_PROC / "clear_refs", os.W_OK):
        release_freed_memory()  # what an earlier run of this process freed is not this one's
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
