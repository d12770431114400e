"""What is set once for a whole process that trains, before its first tensor: where a worker starts."""

import os

from ncvq_core.training.deterministic import only_deterministic
from ncvq_core.training.memory import keep_freed_memory
from ncvq_core.training.precision import exact_float32

QUEUES = 32
"""Streams of a GPU that run side by side, at most; CUDA's own number is 8, fewer than a pack may have."""


def prepare_process(*, deterministic: bool = False) -> None:
    """Set what is a process's and no model's: memory that is freed is kept, and float32 products are float32.

    Numbers would otherwise depend on what the process did before. On a GPU a stage refuses to start without it; on a
    CPU it makes steps faster and changes no number.

    Args:
        deterministic: take kernels alone whose bits come again on a GPU, which are slower (see `deterministic`).
    """
    os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", str(QUEUES))
    keep_freed_memory()
    exact_float32()
    if deterministic:
        only_deterministic()
