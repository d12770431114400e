"""How a series is split into the maps that encoders see, and put together again."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ncvq_core.config.shapes import MAPS
from ncvq_core.errors import ConfigError
from ncvq_core.stft import STFT


class Transform(nn.Module, ABC):
    """A fixed linear map from series to one or more bands, and back.

    Attributes:
        channels: channels of each band's map, for series of one channel.
        sizes: (H, W) of each band's map.
    """

    channels: int
    sizes: tuple[tuple[int, int], ...]

    @abstractmethod
    def forward(self, x: Tensor) -> list[Tensor]:
        """Split series (B, C, L) into bands (B, channels · C, H, W)."""

    @abstractmethod
    def inverse(self, bands: list[Tensor]) -> Tensor:
        """Put bands together to series (B, C, L)."""


class OneBand(Transform):
    """The whole short-time Fourier transform as one map, as in NC-VQVAE."""

    channels = 2

    def __init__(self, length: int) -> None:
        """Prepare the transform of series of one length."""
        super().__init__()
        self.stft = STFT(length)
        self.sizes = ((self.stft.frequencies, self.stft.frames),)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Split series (B, C, L) into one band (B, 2C, 5, W)."""
        return [self.stft(x)]

    def inverse(self, bands: list[Tensor]) -> Tensor:
        """Put the band together to series (B, C, L)."""
        return self.stft.inverse(bands[0])


class LowAndHighBand(Transform):
    """The transform's lowest frequency, and the others (TimeVQVAE, arXiv 2303.04743, section 3)."""

    channels = 2

    def __init__(self, length: int) -> None:
        """Prepare the transform of series of one length."""
        super().__init__()
        self.stft = STFT(length)
        self.sizes = ((1, self.stft.frames), (self.stft.frequencies - 1, self.stft.frames))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Split series (B, C, L) into bands (B, 2C, 1, W) and (B, 2C, 4, W)."""
        spectrum = self.stft(x)
        return [spectrum[:, :, :1], spectrum[:, :, 1:]]

    def inverse(self, bands: list[Tensor]) -> Tensor:
        """Put both bands together to series (B, C, L)."""
        return self.stft.inverse(torch.cat(bands, dim=2))


class Wavelet(Transform):
    """One level of the orthonormal Haar wavelet: approximation and detail (Mallat 1989).

    A series of odd length has its last value repeated once for the transform.
    """

    channels = 1

    def __init__(self, length: int) -> None:
        """Prepare the transform of series of one length."""
        super().__init__()
        self.length = length
        width = (length + 1) // 2
        self.sizes = ((1, width), (1, width))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Split series (B, C, L) into two bands (B, C, 1, ⌈L/2⌉)."""
        if self.length % 2:
            x = torch.cat([x, x[..., -1:]], dim=-1)
        even, odd = x[..., None, ::2], x[..., None, 1::2]
        return [(even + odd) * 0.5**0.5, (even - odd) * 0.5**0.5]

    def inverse(self, bands: list[Tensor]) -> Tensor:
        """Put both bands together to series (B, C, L)."""
        low, high = (band.squeeze(2) for band in bands)
        series: Tensor = (torch.stack([low + high, low - high], dim=-1) * 0.5**0.5).flatten(-2)
        return series[..., : self.length]


TRANSFORMS: dict[str, Callable[[int], Transform]] = {"stft": OneBand, "stft_lfhf": LowAndHighBand, "wavelet": Wavelet}


def build_transform(name: str, length: int) -> Transform:
    """Return the transform of a tokenizer, for series of one length.

    Raises:
        ConfigError: that of a plugin has other maps than the plugin says.
    """
    maps = MAPS[name]
    transform: Transform = (maps.transform or TRANSFORMS[name])(length)
    if (transform.channels, tuple(transform.sizes)) != (maps.channels, maps.sizes(length)):
        found, said = (transform.channels, tuple(transform.sizes)), (maps.channels, maps.sizes(length))
        raise ConfigError(f"tokenizer {name}: its transform has maps {found}, its plugin says {said}", "tokenizer")
    return transform
