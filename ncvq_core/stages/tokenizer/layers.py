"""The layers of the tokenizer's networks, as far as they cost: counted by closed arithmetic, without torch."""

from collections.abc import Iterator
from typing import NamedTuple

from ncvq_core.config.shapes import FREQUENCIES, BandShape

FRAME = 8
"""Points of a frame of the short-time Fourier transform."""
_HALVING = 12
"""Elements of the kernels (3, 4) that halve or double the width."""


class Work(NamedTuple):
    """What some layers do with one series."""

    flops: int
    """Operations of their products: two for each pair of numbers."""
    outputs: int
    """Elements of the outputs of all layers, those of norms and activations included."""
    weights: int
    """Elements of their parameters."""


def total(works: Iterator[Work]) -> Work:
    """Add up."""
    return Work(*(sum(numbers) for numbers in zip(*works, strict=True)))


def transform_work(channels: int, length: int) -> Work:
    """Return the work of the short-time Fourier transform; that of its inverse is as large, but is no layer's output.

    It is one convolution of each channel with the kernels of real and imaginary parts.
    """
    spectrum = 2 * FREQUENCIES * (length // 2 + 1) * channels
    return Work(2 * FRAME * spectrum, spectrum, 0)


def encoder_works(band: BandShape, channels: int, residual_blocks: int) -> Iterator[Work]:
    """Yield the work of each block of an encoder: those that halve, then the residual ones."""
    width, inside = band.width, band.channels
    for _ in range(band.halvings):
        width //= 2
        places = band.height * width
        kernel = _HALVING * inside * channels
        yield Work(2 * places * kernel, 3 * places * channels, kernel + 3 * channels)
        inside = channels
    for _ in range(residual_blocks):
        yield _residual(band.height * width, channels)


def decoder_works(band: BandShape, channels: int, residual_blocks: int) -> Iterator[Work]:
    """Yield the work of each block of a decoder: the residual ones, then those that double."""
    places = band.tokens
    for _ in range(residual_blocks):
        yield _residual(places, channels)
    kernel = _HALVING * channels * channels
    for _ in range(band.halvings - 1):
        yield Work(2 * places * kernel, 6 * places * channels, kernel + 3 * channels)
        places *= 2
    for inside in (channels, band.channels):
        kernel = _HALVING * inside * band.channels
        yield Work(2 * places * kernel, 2 * places * band.channels, kernel + band.channels)
        places *= 2


def _residual(places: int, channels: int) -> Work:
    """Two activations, a convolution 3 × 3 and one 1 × 1, and two norms."""
    kernels = (9 + 1) * channels**2
    return Work(2 * places * kernels, 6 * places * channels, kernels + 6 * channels)
