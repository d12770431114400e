"""Blocks of convolution that work on series as images of height 1, channels last.

On a CPU with AVX-512 that takes two thirds to four fifths of the time of 1-D convolutions. The weights keep the shape
of a 1-D convolution's.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.training.plain import ConvolutionBlock, ConvolutionBlocks


class FastConvolutionBlock(ConvolutionBlock):
    """Convolution, batch norm and ReLU of images of height 1."""

    norm_type = nn.BatchNorm2d

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, 1, L) to (B, outputs, 1, L)."""
        convolution, norm, activation = self.layers
        before, after = self.padding
        if before != after:
            x = functional.pad(x, (0, after - before))
        weight = convolution.get_parameter("weight").unsqueeze(2)
        x = functional.conv2d(x, weight, convolution.get_parameter("bias"), padding=(0, before))
        activations: Tensor = activation(norm(x))
        return activations


class FastConvolutionBlocks(ConvolutionBlocks):
    """Blocks of convolution one after the other, on images of height 1."""

    block_type = FastConvolutionBlock

    def mean_over_time(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) to the average over time (B, channels) of the last block's output, in float32."""
        hidden: Tensor = self(x.unsqueeze(2).to(memory_format=torch.channels_last))
        return hidden.float().mean(dim=(2, 3))
