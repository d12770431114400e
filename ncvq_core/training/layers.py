"""The layers that models are built of: those of `training.fast`, or with `NCVQ_PLAIN=1` plain torch's.

Names of parameters, initial weights and, up to rounding, all numbers are the same, so that what the one has trained
the other can load.
"""

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.nn import functional

from ncvq_core.training import plain
from ncvq_core.training.fast.attention import attend
from ncvq_core.training.fast.convolution import FastConvolutionBlocks
from ncvq_core.training.fast.linear import FastLinear
from ncvq_core.training.fast.normalized_linear import FastNormalizedLinear
from ncvq_core.training.switch import is_plain

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Maps queries, keys and values (B, heads, N, d) to softmax(q kᵀ / √d) v."""


def linear(features: int, features_out: int, *, bias: bool = True) -> plain.Linear:
    """Return a layer that maps (…, features) to (…, features_out)."""
    layer_type = plain.Linear if is_plain() else FastLinear
    return layer_type(features, features_out, bias=bias)


def normalized_linear(features: int, features_out: int, *, bias: bool = True) -> plain.NormalizedLinear:
    """Return a layer that normalises (…, features) and maps them to (…, features_out)."""
    layer_type = plain.NormalizedLinear if is_plain() else FastNormalizedLinear
    return layer_type(features, features_out, bias=bias)


def convolution_blocks(widths: Sequence[int], kernels: Sequence[int]) -> plain.ConvolutionBlocks:
    """Return blocks that map series of widths[0] channels to series of widths[-1] channels."""
    blocks_type = plain.ConvolutionBlocks if is_plain() else FastConvolutionBlocks
    return blocks_type(widths, kernels)


def attention() -> Attend:
    """Return the function of attention."""
    return functional.scaled_dot_product_attention if is_plain() else attend
