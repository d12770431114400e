"""The convolutional blocks of encoder and decoder."""

from torch import Tensor, nn

_KERNEL, _STRIDE, _PADDING = (3, 4), (1, 2), (1, 1)


class ResidualBlock(nn.Module):
    """x + conv1×1(leaky ReLU(batch norm(conv3×3(leaky ReLU(x))))), then batch norm."""

    def __init__(self, channels: int) -> None:
        """Build the layers; the shape (B, channels, H, W) is kept."""
        super().__init__()
        self.branch = nn.Sequential(
            nn.LeakyReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(channels, channels, 1),
        )
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        normed: Tensor = self.norm(x + self.branch(x))
        return normed


def halving_block(channels_in: int, channels: int) -> nn.Sequential:
    """Halve the time axis: conv (3, 4), stride (1, 2), replicate padding, batch norm, leaky ReLU."""
    conv = nn.Conv2d(channels_in, channels, _KERNEL, _STRIDE, _PADDING, padding_mode="replicate")
    return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True))


def doubling_block(channels: int) -> nn.Sequential:
    """Double the time axis: transposed conv (3, 4), stride (1, 2), batch norm, leaky ReLU."""
    return nn.Sequential(doubling_conv(channels, channels), nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True))


def doubling_conv(channels_in: int, channels: int) -> nn.ConvTranspose2d:
    """Double the time axis by one transposed convolution."""
    return nn.ConvTranspose2d(channels_in, channels, _KERNEL, _STRIDE, _PADDING)
