"""The STFT against torch's own, which is an independent implementation by FFT."""

import pytest
import torch
from torch import Tensor

from ncvq_core.stft import STFT

LENGTHS = [16, 17, 24, 31, 96, 97, 150, 151, 500, 501]
SHAPES = [(length, channels) for length in LENGTHS for channels in (1, 3)]
WINDOW = torch.hann_window(8)


def by_fft(x: Tensor) -> Tensor:
    """(B, C, L) → (B, 2C, 5, frames), real and imaginary parts of each channel side by side."""
    batch, channels, length = x.shape
    complex_spectrum = torch.stft(
        x.reshape(-1, length), n_fft=8, hop_length=2, window=WINDOW, center=True, return_complex=True
    ).reshape(batch, channels, 5, -1)
    parts = [part for channel in complex_spectrum.unbind(1) for part in (channel.real, channel.imag)]
    return torch.stack(parts, dim=1)


def by_inverse_fft(u: Tensor, length: int) -> Tensor:
    channels = [
        torch.istft(
            torch.complex(u[:, 2 * channel], u[:, 2 * channel + 1]),
            n_fft=8, hop_length=2, window=WINDOW, center=True, length=length,
        )
        for channel in range(u.shape[1] // 2)
    ]  # fmt: skip
    return torch.stack(channels, dim=1)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize(("length", "channels"), SHAPES)
def test_forward_equals_torch(length: int, channels: int) -> None:
    x = draw(4, channels, length)
    spectrogram = STFT(length)(x)
    assert spectrogram.shape == (4, 2 * channels, 5, length // 2 + 1)
    torch.testing.assert_close(spectrogram, by_fft(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("length", "channels"), SHAPES)
def test_inverse_equals_torch_even_where_no_series_has_that_spectrogram(length: int, channels: int) -> None:
    u = draw(4, 2 * channels, 5, length // 2 + 1)
    series = STFT(length).inverse(u)
    assert series.shape == (4, channels, length)
    torch.testing.assert_close(series, by_inverse_fft(u, length), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("length", "channels"), SHAPES)
def test_round_trip(length: int, channels: int) -> None:
    transform, x = STFT(length), draw(3, channels, length)
    torch.testing.assert_close(transform.inverse(transform(x)), x, rtol=1e-5, atol=1e-5)


def test_gradients_equal_those_of_torch() -> None:
    x, weight = draw(2, 2, 33), draw(2, 4, 5, 17)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    (STFT(33)(ours) * weight).sum().backward()
    (by_fft(theirs) * weight).sum().backward()
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-5)


def test_series_do_not_mix() -> None:
    transform, x = STFT(40), draw(3, 2, 40)
    changed = x.clone()
    changed[1, 0] += 1
    difference = (transform(changed) - transform(x)).abs().amax(dim=(2, 3))
    assert difference[1, 0] > 0.1
    difference[1, :2] = 0
    assert difference.max() == 0
