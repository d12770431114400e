"""Sizes that follow from a stage 1 and its series: the maps of the bands, and how often they are halved."""

import math
from typing import NamedTuple

from ncvq_core.config.tokenizer import Stage1Config

HOP, FREQUENCIES = 2, 5
"""Of the short-time Fourier transform: points between frames of eight, and frequencies."""


class BandShape(NamedTuple):
    """What the networks of one band see."""

    channels: int
    """Of its map."""
    height: int
    """H of its map."""
    width: int
    """W of its map."""
    halvings: int
    """How often the encoder halves the width."""

    @property
    def tokens(self) -> int:
        """Tokens of a series in the band."""
        return self.height * (self.width >> self.halvings)


def band_shapes(config: Stage1Config, channels: int, length: int) -> tuple[BandShape, ...]:
    """Return the shape of each band, for series of shape (channels, length)."""
    steps = [halvings(length, width) for width in (config.downsampled_width, config.high_downsampled_width)]
    if config.tokenizer == "wavelet":
        return tuple(BandShape(channels, 1, (length + 1) // 2, times) for times in steps)
    heights = (FREQUENCIES,) if config.tokenizer == "stft" else (1, FREQUENCIES - 1)
    frames = length // HOP + 1
    return tuple(BandShape(2 * channels, height, frames, times) for height, times in zip(heights, steps, strict=False))


def halvings(length: int, downsampled_width: int) -> int:
    """Return n, how often the encoder halves the time axis: max(1, ⌊log2(round(L / 2 / downsampled_width))⌋)."""
    return max(1, int(math.log2(max(1, round(length / 2 / downsampled_width)))))
