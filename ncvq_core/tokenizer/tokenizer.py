"""The tokenizer: transform, encoder, codebook, decoder."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ncvq_core.config import Stage1Config
from ncvq_core.tokenizer.codebook import Codebook, Quantized
from ncvq_core.tokenizer.decoder import Decoder
from ncvq_core.tokenizer.encoder import build_encoder, halvings
from ncvq_core.tokenizer.stft import STFT


class Reconstruction(NamedTuple):
    """A series and its spectrogram as the decoder gives them back."""

    series: Tensor
    """(B, C, L)."""
    spectrogram: Tensor
    """(B, 2C, H, W)."""


class Tokenizer(nn.Module):
    """From series to tokens and back.

    Args:
        config: sizes of the networks and the codebook.
        channels: C, of the series.
        length: L, of the series.
    """

    def __init__(self, config: Stage1Config, channels: int, length: int) -> None:
        """Build the networks; initial weights come from torch's global generator."""
        super().__init__()
        self.transform = STFT(length)
        steps = halvings(length, config.downsampled_width)
        spectral = 2 * channels
        size = (self.transform.frequencies, self.transform.frames)
        self.encoder = build_encoder(spectral, config.channels, steps, config.residual_blocks)
        self.codebook = Codebook(config.codebook_size, config.channels, config.codebook_decay)
        self.decoder = Decoder(config.channels, spectral, size, steps, config.residual_blocks)

    def encode(self, spectrogram: Tensor) -> Tensor:
        """Map a spectrogram (B, 2C, H, W) to continuous features (B, D, H, W′)."""
        features: Tensor = self.encoder(spectrogram.contiguous(memory_format=torch.channels_last))
        return features

    def quantize(self, features: Tensor) -> Quantized:
        """Quantise features (B, D, H, W′); in training mode the codebook follows them."""
        quantized: Quantized = self.codebook(features)
        return quantized

    def decode(self, features: Tensor) -> Reconstruction:
        """Map features (B, D, H, W′), quantised or not, back to a spectrogram and a series."""
        spectrogram = self.decoder(features)
        return Reconstruction(self.transform.inverse(spectrogram), spectrogram)


def pool(features: Tensor) -> Tensor:
    """Return the average and the maximum over a feature map (B, D, H, W) as (B, 2D)."""
    return torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
