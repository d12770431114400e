"""Which machine it is."""

import os
import platform
import sys
from collections.abc import Iterator

import torch

from benchmarks.gpu.place import Check, Found, Place


def checks(place: Place) -> Iterator[Check]:
    """Yield what a report begins with."""
    yield Check(name="software", run=software)
    yield Check(name="device", run=lambda: device(place))


def software() -> Found:
    """Return the versions."""
    return {
        "python": sys.version.split()[0],
        "torch": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "system": platform.platform(),
        "CUDA_DEVICE_MAX_CONNECTIONS": os.environ.get("CUDA_DEVICE_MAX_CONNECTIONS"),
    }


def device(place: Place) -> Found:
    """Return what the device is."""
    place.need_gpu(f"torch {torch.__version__} sees no GPU here; the checks below show their own logic on a CPU")
    has = torch.cuda.get_device_properties(place.device)
    free, total = torch.cuda.mem_get_info(place.device)
    return {
        "name": has.name,
        "capability": f"{has.major}.{has.minor}",
        "multiprocessors": has.multi_processor_count,
        "memory_gb": round(total / 1e9, 1),
        "free_gb": round(free / 1e9, 1),
    }
