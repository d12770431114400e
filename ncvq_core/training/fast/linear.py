"""Linear layers: fast on CPUs on which torch's products are slow, and with a gradient in parts for large weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from ncvq_core.training.precision import has_onednn

TakeRows = Callable[[int, Tensor], None]
"""Takes the gradient of some rows of a weight: the first row, and the gradient (R, features in)."""

ROWS = 1024
"""Rows of a weight whose gradient is made at a time on a CPU."""


class Linear(nn.Linear):
    """`nn.Linear` by `linear`.

    Attributes:
        take_rows: what takes the weight's gradient, block by block, inside the backward pass; `weight.grad` then stays
            None. It may change the rows it is given the gradient of. None for a gradient as usual.
    """

    take_rows: TakeRows | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, features in) to (…, features out)."""
        return linear(x, self.weight, self.bias, self.take_rows)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, take_rows: TakeRows | None = None) -> Tensor:
    """Return x · weightᵀ + bias, in float32 on a CPU with oneDNN's products where they are faster.

    torch multiplies float32 with MKL there, which on AMD reaches three quarters to six sevenths of oneDNN's rate. Only
    rounding differs. In other types and on other devices the products are those of `functional.linear`.

    Args:
        x: (…, features in).
        weight: (features out, features in).
        bias: (features out,).
        take_rows: see `Linear`.
    """
    device, product_type = x.device.type, x.dtype
    if torch.is_autocast_enabled(device):
        product_type = torch.get_autocast_dtype(device)
    if take_rows is None and not _by_onednn(x, product_type):
        return functional.linear(x, weight, bias)
    cast = None if bias is None else bias.to(product_type)
    inputs = x.flatten(0, -2).to(product_type)
    output: Tensor = _Linear.apply(inputs, weight, cast, product_type, take_rows)  # type: ignore[no-untyped-call]
    return output.view(*x.shape[:-1], len(weight))


class _Linear(torch.autograd.Function):
    """The product for x (R, features in); the weight is cast to the product's type here."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        product_type: torch.dtype,
        take_rows: TakeRows | None,
    ) -> Tensor:
        cast = weight.to(product_type)
        ctx.save_for_backward(x, cast)
        ctx.weight_type, ctx.has_bias, ctx.take_rows = weight.dtype, bias is not None, take_rows
        return _product(x, cast, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        to_input = _product(gradient, weight.T)  # before the weight changes
        to_bias = gradient.sum(0) if ctx.has_bias else None
        if ctx.take_rows is None:
            return to_input, _to_weight(gradient, x).to(ctx.weight_type), to_bias, None, None
        rows = ROWS if x.device.type == "cpu" else len(weight)
        for first in range(0, len(weight), rows):
            ctx.take_rows(first, _to_weight(gradient[:, first : first + rows], x).to(ctx.weight_type))
        return to_input, None, to_bias, None, None


def _to_weight(gradient: Tensor, x: Tensor) -> Tensor:
    """Return the weight's gradient; over many rows of x MKL is faster than oneDNN."""
    few_rows = len(gradient) < x.shape[1]
    return _product(gradient.T, x.T) if few_rows else gradient.T @ x


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left · rightᵀ + bias."""
    if not _by_onednn(left, left.dtype):
        return functional.linear(left, right, bias)
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return product


def _by_onednn(x: Tensor, product_type: torch.dtype) -> bool:
    return x.device.type == "cpu" and product_type == torch.float32 and has_onednn()
