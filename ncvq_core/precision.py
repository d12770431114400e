"""Precision of the matrix products."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRODUCT_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
"""Type of the matrix products, by the precision's name."""


def matrix_products(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which a forward pass runs: `fp32` as it is, `bf16` with automatic mixed precision.

    Parameters, losses, statistics and the optimiser are float32 in both.
    """
    product_type = PRODUCT_TYPES[precision]
    return nullcontext() if product_type == torch.float32 else torch.autocast(device.type, product_type)


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context that switches mixed precision off, for statistics and moving averages."""
    return torch.autocast(device.type, enabled=False)
