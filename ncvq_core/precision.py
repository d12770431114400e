"""Precision of the matrix products."""

from contextlib import AbstractContextManager, nullcontext

import torch


def matrix_products(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which a forward pass runs: `fp32` as it is, `bf16` with automatic mixed precision.

    Parameters, losses, statistics and the optimiser are float32 in both.
    """
    if precision == "bf16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context that switches mixed precision off, for statistics and moving averages."""
    return torch.autocast(device.type, enabled=False)
