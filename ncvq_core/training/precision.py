"""Precision of the matrix products."""

from contextlib import AbstractContextManager, nullcontext

import torch

PRODUCT_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
"""Type of the matrix products, by the precision's name."""


def exact_float32() -> None:
    """Make float32 products on a GPU float32, not TF32, which cuDNN takes for convolutions by default."""
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def has_onednn() -> bool:
    """Return whether torch was built with oneDNN, Intel's library of products and convolutions on a CPU."""
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 fast; a CPU without a way is hundreds of times slower."""
    if device.type != "cpu":
        return True
    return has_onednn() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def fastest_precision(device: torch.device) -> str:
    """Return `bf16` where a device has it, else `fp32`: for what asks for speed and not for one arithmetic."""
    return "bf16" if has_bfloat16(device) else "fp32"


def matrix_products(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which a forward pass runs: `fp32` as it is, `bf16` with automatic mixed precision.

    Parameters, losses, statistics and the optimiser are float32 in both.
    """
    product_type = PRODUCT_TYPES[precision]
    return nullcontext() if product_type == torch.float32 else torch.autocast(device.type, product_type)


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context that switches mixed precision off, for statistics and moving averages."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)
