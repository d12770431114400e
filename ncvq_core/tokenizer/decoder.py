"""The decoder: a feature map becomes a spectrogram."""

from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.tokenizer.blocks import ResidualBlock, doubling_block, doubling_conv


class Decoder(nn.Module):
    """Residual blocks, transposed convolutions, and a bilinear resize to the spectrogram's size.

    Args:
        channels: of the feature map.
        channels_out: of the spectrogram.
        size: (H, W) of the spectrogram.
        halvings: how often the encoder halved the time axis.
        residual_blocks: number of residual blocks.
    """

    def __init__(
        self, channels: int, channels_out: int, size: tuple[int, int], halvings: int, residual_blocks: int
    ) -> None:
        """Build the layers."""
        super().__init__()
        self.size = size
        self.layers = nn.Sequential(
            *(ResidualBlock(channels) for _ in range(residual_blocks)),
            *(doubling_block(channels) for _ in range(halvings - 1)),
            doubling_conv(channels, channels_out),
            doubling_conv(channels_out, channels_out),
        )

    def forward(self, z: Tensor) -> Tensor:
        """Map (B, channels, H′, W′) to (B, channels_out, H, W) in float32."""
        return functional.interpolate(self.layers(z).float(), size=self.size, mode="bilinear")
