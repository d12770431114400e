"""The layers that models are built of, in plain torch; `training.switch` chooses them.

`training.fast` derives from each a layer with the same parameters and numbers, up to rounding, that takes less time or
memory. `training.layers` builds the one or the other.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST = 1e-6
"""Root mean square below which `NormalizedLinear` does not divide by it."""


class Linear(nn.Linear):
    """A linear layer whose weight the optimiser may update inside the backward pass, if it is called once a step."""


class NormalizedLinear(nn.Module):
    """Linear(RMSNorm(x)), with RMSNorm from Zhang and Sennrich 2019 (arXiv 1910.07467).

    Args:
        features: of the input.
        features_out: of the output.
        bias: whether the linear layer has one.
    """

    def __init__(self, features: int, features_out: int, *, bias: bool = True) -> None:
        """Draw initial weights; the gain starts at 1."""
        super().__init__()
        self.gain = nn.Parameter(torch.ones(features))
        self.linear = nn.Linear(features, features_out, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, features) to (…, features_out)."""
        normalized = functional.rms_norm(x.float(), self.gain.shape, self.gain, eps=SMALLEST**2)
        output: Tensor = self.linear(normalized)
        return output


class ConvolutionBlock(nn.Module):
    """Convolution, batch norm and ReLU; the length stays, an even kernel pads one zero more on the right.

    Args:
        inputs: channels of the input.
        outputs: channels of the output.
        kernel: time points of the kernel.
    """

    norm_type: type[nn.BatchNorm1d | nn.BatchNorm2d] = nn.BatchNorm1d

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.padding = ((kernel - 1) // 2, kernel // 2)
        self.layers = nn.Sequential(nn.Conv1d(inputs, outputs, kernel), self.norm_type(outputs), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, L) to (B, outputs, L)."""
        activations: Tensor = self.layers(functional.pad(x, self.padding))
        return activations


class ConvolutionBlocks(nn.Sequential):
    """Blocks of convolution one after the other, on series.

    Args:
        widths: channels of the input and of each block's output.
        kernels: time points of each block's kernel.
    """

    block_type: type[ConvolutionBlock] = ConvolutionBlock

    def __init__(self, widths: Sequence[int], kernels: Sequence[int]) -> None:
        """Draw initial weights."""
        sizes = zip(widths[:-1], widths[1:], kernels, strict=True)
        super().__init__(*(self.block_type(*each) for each in sizes))

    def mean_over_time(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) to the average over time (B, channels) of the last block's output, in float32."""
        hidden: Tensor = self(x)
        return hidden.float().mean(dim=2)
