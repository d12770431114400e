"""Linear layers, for CPUs on which torch's own products are slow."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


class Linear(nn.Linear):
    """`nn.Linear` by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, features in) to (…, features out)."""
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return x · weightᵀ + bias, in float32 on a CPU with oneDNN's products where they are faster.

    torch multiplies float32 with MKL there, which on AMD reaches three quarters to six sevenths of oneDNN's rate. Only
    rounding differs. In other types and on other devices this is `functional.linear`.

    Args:
        x: (…, features in).
        weight: (features out, features in).
        bias: (features out,).
    """
    on_cpu = x.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not on_cpu or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
        return functional.linear(x, weight, bias)
    output: Tensor = _Linear.apply(x.flatten(0, -2), weight, bias)  # type: ignore[no-untyped-call]
    return output.view(*x.shape[:-1], len(weight))


class _Linear(torch.autograd.Function):
    """The product for x (R, features in)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        x, weight = ctx.saved_tensors
        few_rows = gradient.numel() < weight.numel()  # over many rows MKL is faster
        to_weight = _product(gradient.T, x.T) if few_rows else gradient.T @ x
        return _product(gradient, weight.T), to_weight, gradient.sum(0) if ctx.has_bias else None


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left · rightᵀ + bias."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return product
