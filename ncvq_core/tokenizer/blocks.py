"""The convolutional blocks of encoder and decoder."""

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

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


class HalvingConv(nn.Conv2d):
    """Conv (3, 4), stride (1, 2), replicate padding; the input is padded anew in the backward pass, and not kept."""

    def __init__(self, channels_in: int, channels: int) -> None:
        """Draw initial weights."""
        super().__init__(channels_in, channels, _KERNEL, _STRIDE)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels in, H, W) to (B, channels, H, ⌊W / 2⌋)."""
        kept, padded = x.detach(), _padded(x)
        place = padded.data_ptr()
        with saved_tensors_hooks(
            lambda saved: None if saved.data_ptr() == place else saved,
            lambda saved: _padded(kept) if saved is None else saved,
        ):
            return functional.conv2d(padded, self.weight, self.bias, self.stride)


def _padded(x: Tensor) -> Tensor:
    return functional.pad(x, (1, 1, 1, 1), mode="replicate")


def halving_block(channels_in: int, channels: int) -> nn.Sequential:
    """Halve the time axis: conv (3, 4), stride (1, 2), replicate padding, batch norm, leaky ReLU."""
    return nn.Sequential(HalvingConv(channels_in, channels), nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True))


def doubling_block(channels: int) -> nn.Sequential:
    """Double the time axis: transposed conv (3, 4), stride (1, 2), batch norm, leaky ReLU."""
    return nn.Sequential(doubling_conv(channels, channels), nn.BatchNorm2d(channels), nn.LeakyReLU(inplace=True))


def doubling_conv(channels_in: int, channels: int) -> nn.ConvTranspose2d:
    """Double the time axis by one transposed convolution."""
    return nn.ConvTranspose2d(channels_in, channels, _KERNEL, _STRIDE, _PADDING)
