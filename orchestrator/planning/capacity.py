"""How workers share the GPUs of this machine."""

import torch

from ncvq_core.errors import ConfigError
from orchestrator.planning.machine import default_workers

GPU_PACK = 16
"""Stages side by side on a GPU, to begin with: packs are halved where its memory runs out."""


def gpus_of_a_worker(asked: float | None, workers: int | None, address: str | None) -> float:
    """Return how many GPUs a worker takes: those asked for, else one, or its share of fewer; none without a GPU.

    On a cluster, none unless they are asked for.

    Raises:
        ConfigError: more are asked for than this machine has.
    """
    if address is not None:
        return asked or 0.0
    here = torch.cuda.device_count()
    if asked is None:
        return min(1.0, here / (workers or 1))
    if asked > here:
        raise ConfigError(
            f"--gpus-per-trial {asked:g}: this machine has {here or 'no'} GPU{'s' * (here > 1)} for torch"
        )
    return asked


def workers_that_fit(gpus: float, threads: int, memory_bytes: int) -> int:
    """Return how many workers this machine has room for: on its GPUs where they take any, else on its cores."""
    return gpu_workers(gpus) if gpus else default_workers(threads, memory_bytes)


def gpu_workers(gpus: float) -> int:
    """Return how many workers fit on this machine's GPUs; one that takes a part of a GPU stays on that one."""
    here = torch.cuda.device_count()
    return max(1, here * int(1 / gpus) if gpus < 1 else int(here / gpus))
