"""Precision of the matrix products."""

from contextlib import AbstractContextManager, nullcontext

import torch

from ncvq_core.errors import ConfigError

PRODUCT_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
"""Type of the matrix products, by the precision's name."""

WITH_TF32 = ("cuda",)
"""Types of the devices whose float32 products may be TF32."""


def exact_float32() -> None:
    """Make float32 products on a GPU float32, not TF32, which cuDNN takes for convolutions by default.

    For the whole process: called where a worker starts, never by what is made later.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def check_exact_float32(device: torch.device) -> None:
    """Make sure that float32 products on a device are float32: called where a stage starts or a model is loaded.

    Raises:
        ConfigError: they are TF32 as long as `exact_float32` was not called in this process, or was undone.
    """
    if device.type not in WITH_TF32:
        return
    if torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32:
        raise ConfigError(
            "float32 products on this GPU would be TF32, and numbers depend on what the process did before; "
            "call ncvq_core.training.process.prepare_process() where the process starts"
        )


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
