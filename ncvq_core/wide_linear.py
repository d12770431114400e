"""A linear layer of thousands of features, for CPUs on which torch's own float32 product is slow."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class WideLinear(nn.Linear):
    """`nn.Linear` for (B, features) whose float32 products are oneDNN's on a CPU.

    torch multiplies float32 with MKL there, which on AMD reaches about three quarters of oneDNN's rate. Only rounding
    differs. In other types and on other devices this is `nn.Linear`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, features in) to (B, features out)."""
        on_cpu = x.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        if not on_cpu or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        output: Tensor = _Linear.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return output


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return _product(gradient, weight.T), _product(gradient.T, x.T), gradient.sum(0)


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left · rightᵀ + bias."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return product
