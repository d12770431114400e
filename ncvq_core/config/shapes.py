"""Sizes that follow from a stage 1 and its series: the maps of the bands, and how often they are halved."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ncvq_core.config.tokenizer import BANDS, TOKENIZER_CHECKSUMS, Stage1Config
from ncvq_core.errors import ConfigError
from ncvq_core.plugins import registering

HOP, FREQUENCIES = 2, 5
"""Of the short-time Fourier transform: points between frames of eight, and frequencies."""
MOST_BANDS = 2

Size = tuple[int, int]
"""H and W of a map."""


class Maps(NamedTuple):
    """What the networks of a tokenizer see."""

    channels: int
    """Of each band's map, for series of one channel."""
    sizes: Callable[[int], tuple[Size, ...]]
    """The size of each band's map, for series of some length."""
    transform: Callable[[int], Any] | None = None
    """Of a plugin: makes the `Transform` of series of some length, as ncvq's own in `ncvq_core.tokenizer.bands`."""


MAPS = {
    "stft": Maps(2, lambda length: ((FREQUENCIES, length // HOP + 1),)),
    "stft_lfhf": Maps(2, lambda length: ((1, length // HOP + 1), (FREQUENCIES - 1, length // HOP + 1))),
    "wavelet": Maps(1, lambda length: ((1, (length + 1) // 2), (1, (length + 1) // 2))),
}
"""By tokenizer."""


def register_tokenizer(name: str, bands: tuple[str, ...], maps: Maps) -> None:
    """Add a tokenizer; a plugin calls it while it is loaded.

    Args:
        name: what it is called.
        bands: their names; of two, `downsampled_width` is for the first, `high_downsampled_width` for the second.
        maps: what the bands are, with the function that makes the transform.

    Raises:
        ConfigError: the name is taken, there are no bands or too many, or nothing makes the transform.
    """
    if not 1 <= len(bands) <= MOST_BANDS or len(set(bands)) < len(bands):
        raise ConfigError(f"tokenizer {name!r}: must have one band, or two of different names, not {bands!r}")
    if not callable(maps.transform) or not callable(maps.sizes):
        raise ConfigError(f"tokenizer {name!r}: needs functions `sizes` and `transform`")
    TOKENIZER_CHECKSUMS[name] = registering("tokenizer", name, BANDS, lambda: _forget(name))
    BANDS[name], MAPS[name] = tuple(bands), maps


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
    """Return the shape of each band, for series of shape (channels, length).

    Raises:
        ConfigError: a plugin's tokenizer has other maps than bands, or a map that is too narrow to be halved so often.
    """
    maps, name = MAPS[config.tokenizer], config.tokenizer
    sizes, widths = maps.sizes(length), (config.downsampled_width, config.high_downsampled_width)
    if len(sizes) != len(BANDS[name]):
        raise ConfigError(f"tokenizer {name}: {len(sizes)} maps for {len(BANDS[name])} bands", "tokenizer")
    shapes = [
        BandShape(maps.channels * channels, height, width, halvings(length, downsampled))
        for (height, width), downsampled in zip(sizes, widths, strict=False)
    ]
    for shape in shapes:
        if shape.width >> shape.halvings < 1:
            words = f"a map of width {shape.width} cannot be halved {shape.halvings} times; raise downsampled_width"
            raise ConfigError(f"tokenizer {name}: {words}", "tokenizer")
    return tuple(shapes)


def halvings(length: int, downsampled_width: int) -> int:
    """Return n, how often the encoder halves the time axis: max(1, ⌊log2(round(L / 2 / downsampled_width))⌋)."""
    return max(1, int(math.log2(max(1, round(length / 2 / downsampled_width)))))


def _forget(name: str) -> None:
    for table in (TOKENIZER_CHECKSUMS, BANDS, MAPS):
        table.pop(name, None)
