"""Which numbers come again, and how that is asked for on a GPU.

On a CPU the same config and thread count have the same bits: side by side with others, alone, resumed, whatever the
process did before. On a GPU they do where the process was prepared as deterministic (`ncvq launch --deterministic`).
Else some of torch's gradients there, those of the bilinear resize and of replicate padding, are summed in an order that
changes from run to run. What they differ by, in the last bit, Adam makes a whole step of where a gradient is 0 but for
rounding, as that of a bias before a batch norm: single weights differ, while the history stays the same up to
`HISTORY_TOLERANCE`.
"""

import os

import torch
from torch.utils import deterministic

HISTORY_TOLERANCE = 1e-4
"""Relative difference of two histories of the same run on a GPU, over its first tens of steps, at most."""


def only_deterministic() -> None:
    """Let torch take kernels on a GPU whose bits come again, and refuse those that have none.

    For the whole process: called where a worker starts, before CUDA does.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # nothing here reads what it has not written
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
