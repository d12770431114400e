"""The tokenizer: transform, and for each band an encoder, a codebook and a decoder."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ncvq_core.config.shapes import halvings
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.tokenizer.bands import build_transform
from ncvq_core.tokenizer.codebook import Codebook, Quantized
from ncvq_core.tokenizer.decoder import Decoder
from ncvq_core.tokenizer.encoder import build_encoder


class Reconstruction(NamedTuple):
    """Series and the maps of their bands, as the decoders give them back."""

    series: Tensor
    """(B, C, L)."""
    bands: list[Tensor]
    """One (B, S, H, W) a band."""


class Band(nn.Module):
    """Encoder, codebook and decoder of one band.

    Args:
        config: sizes of the networks and the codebook.
        channels: S, of the band's map.
        size: (H, W) of the band's map.
        steps: how often the encoder halves the time axis.

    Attributes:
        token_map: (H, W′), size of the map of tokens.
    """

    def __init__(self, config: Stage1Config, channels: int, size: tuple[int, int], steps: int) -> None:
        """Build the networks."""
        super().__init__()
        self.token_map = (size[0], size[1] >> steps)
        self.encoder = build_encoder(channels, config.channels, steps, config.residual_blocks)
        self.codebook = Codebook(config.codebook_size, config.channels, config.codebook_decay)
        self.decoder = Decoder(config.channels, channels, size, steps, config.residual_blocks)


class Tokenizer(nn.Module):
    """From series to tokens and back.

    Args:
        config: which transform, and sizes of the networks and the codebooks.
        channels: C, of the series.
        length: L, of the series.
    """

    def __init__(self, config: Stage1Config, channels: int, length: int) -> None:
        """Build the networks; initial weights come from torch's global generator."""
        super().__init__()
        self.transform = build_transform(config.tokenizer, length)
        widths = (config.downsampled_width, config.high_downsampled_width)
        self.networks: list[Band] = [
            Band(config, self.transform.channels * channels, size, halvings(length, width))
            for size, width in zip(self.transform.sizes, widths, strict=False)
        ]
        self.bands = nn.ModuleList(self.networks)

    @property
    def codebooks(self) -> list[Codebook]:
        """Return the codebook of each band."""
        return [network.codebook for network in self.networks]

    def encode(self, bands: list[Tensor]) -> list[Tensor]:
        """Map each band (B, S, H, W) to continuous features (B, D, H, W′)."""
        return [
            network.encoder(band.contiguous(memory_format=torch.channels_last))
            for network, band in zip(self.networks, bands, strict=True)
        ]

    def quantize(self, features: list[Tensor]) -> list[Quantized]:
        """Quantise the features of each band; in training mode the codebooks follow them."""
        return [network.codebook(band) for network, band in zip(self.networks, features, strict=True)]

    def decode(self, features: list[Tensor]) -> Reconstruction:
        """Map the features of each band, quantised or not, back to its map, and all of them to series."""
        bands = [network.decoder(band) for network, band in zip(self.networks, features, strict=True)]
        return Reconstruction(self.transform.inverse(bands), bands)


def pool(features: list[Tensor]) -> Tensor:
    """Return average and maximum over the feature map (B, D, H, W′) of each band, as (B, 2D · bands)."""
    pooled = [statistic for band in features for statistic in (band.mean(dim=(2, 3)), band.amax(dim=(2, 3)))]
    return torch.cat(pooled, dim=1).float()
