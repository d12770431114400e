"""Augmentations that move points in time: slice_and_shuffle, window_warp, flip."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from ncvq_core.augmentations import AUGMENTATIONS


def ramp(batch: int, channels: int, length: int) -> Tensor:
    """x[b, c, t] = t + 1000 c: the result says where each of its points came from."""
    offsets = 1000 * torch.arange(channels, dtype=torch.float64)[:, None]
    return (torch.arange(length, dtype=torch.float64) + offsets).repeat(batch, 1, 1)


def applied(name: str, x: Tensor, seed: int = 0, **parameters: float) -> Tensor:
    return AUGMENTATIONS.parse({name: parameters})(x, Generator().manual_seed(seed))


def runs(sources: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Cut a series of source positions where they stop being consecutive."""
    return np.split(sources, np.flatnonzero(np.diff(sources) != 1) + 1)


@pytest.mark.parametrize("length", [4, 5, 16, 61])
@pytest.mark.parametrize("channels", [1, 3])
def test_slice_and_shuffle_permutes_at_most_four_segments(length: int, channels: int) -> None:
    out = applied("slice_and_shuffle", ramp(300, channels, length)).numpy()
    for shuffled in out:
        pieces = runs(shuffled[0])
        assert len(pieces) <= 4
        rebuilt = np.concatenate(sorted(pieces, key=lambda piece: float(piece[0])))
        np.testing.assert_array_equal(rebuilt, np.arange(length))
        for channel in range(channels):
            np.testing.assert_array_equal(shuffled[channel], shuffled[0] + 1000 * channel)


def test_slice_and_shuffle_never_has_an_empty_segment() -> None:
    """Of the 24 orders of 4 segments 11 keep no two neighbours together; with an empty segment none shows 4 runs."""
    out = applied("slice_and_shuffle", ramp(6000, 1, 16))[:, 0].numpy()
    counts = np.bincount([len(runs(row)) for row in out], minlength=5)
    np.testing.assert_allclose(counts[1:5] / len(out), np.array([1, 3, 9, 11]) / 24, atol=0.03)


def test_slice_and_shuffle_cuts_everywhere_alike() -> None:
    """Each of the L − 1 places is a cut with probability 3 / (L − 1), and then visible with probability 3/4."""
    out = applied("slice_and_shuffle", ramp(6000, 1, 16))[:, 0].numpy()
    visible = np.zeros(16)
    for row in out:
        for piece in runs(row):
            visible[int(piece[0])] += 1
    np.testing.assert_allclose(visible[1:] / len(out), 3 / 15 * 3 / 4, atol=0.02)


def test_slice_and_shuffle_with_another_number_of_segments() -> None:
    out = applied("slice_and_shuffle", ramp(500, 1, 40), segments=2)[:, 0].numpy()
    assert {len(runs(row)) for row in out} == {1, 2}
    for row in out:
        np.testing.assert_array_equal(row, np.roll(np.arange(40), -int(row[0])))


def test_window_warp_keeps_the_end_points_and_the_order_of_time() -> None:
    out = applied("window_warp", ramp(200, 1, 73))[:, 0]
    torch.testing.assert_close(out[:, 0], torch.zeros(200, dtype=torch.float64), rtol=0, atol=1e-9)
    torch.testing.assert_close(out[:, -1], torch.full((200,), 72.0, dtype=torch.float64), rtol=0, atol=1e-9)
    assert float(out.diff(dim=1).min()) > 0.69


@pytest.mark.parametrize(("length", "channels"), [(16, 1), (73, 3), (150, 2)])
def test_window_warp_reads_linearly_between_points(length: int, channels: int) -> None:
    sources = applied("window_warp", ramp(20, 1, length), seed=7)[:, 0].numpy()
    x = torch.randn(20, channels, length, generator=Generator().manual_seed(1), dtype=torch.float64)
    out = applied("window_warp", x, seed=7).numpy()
    for series in range(20):
        for channel in range(channels):
            expected = np.interp(sources[series], np.arange(length), x[series, channel].numpy())
            np.testing.assert_allclose(out[series, channel], expected, rtol=1e-9, atol=1e-9)


def slow_sources(length: int, start: float, scale: float) -> NDArray[np.float64]:
    """Where each point comes from: stretch 40 % of the time axis, then resample the whole to its old length."""
    last, window = length - 1, 0.4 * (length - 1)
    stretched_total = last - window + scale * window
    corners = [0, start, start + scale * window, stretched_total]
    return np.interp(np.linspace(0, stretched_total, length), corners, [0, start, start + window, last])


def test_window_warp_stretches_one_window_of_40_percent() -> None:
    """Only start and scale are unknown; the slopes inside and outside give the scale, the bends the start."""
    length, batch = 401, 300
    sources = applied("window_warp", ramp(batch, 1, length))[:, 0].numpy()
    scales, starts = [], []
    for row in sources:
        slopes = np.diff(row)
        candidates = [(slope - 0.6) / 0.4 for slope in (slopes.max(), slopes.min())]
        errors = []
        for scale in candidates:
            outside = 0.6 + 0.4 * scale
            inside = np.flatnonzero(np.isclose(slopes, outside / scale, rtol=1e-6))
            middle = row[inside].mean() + slopes[inside].mean() / 2 if len(inside) else 0.0
            guesses = np.linspace(middle - 0.2 * (length - 1) - 2, middle - 0.2 * (length - 1) + 2, 41)
            distance = [np.abs(slow_sources(length, guess, scale) - row).max() for guess in guesses]
            errors.append((min(distance), scale, guesses[int(np.argmin(distance))]))
        error, scale, start = min(errors)
        assert error < 0.1
        scales.append(scale)
        starts.append(start)
    assert 0.9 - 1e-6 <= min(scales) < 0.93
    assert 1.96 < max(scales) <= 2.0 + 1e-6
    assert np.mean(scales) == pytest.approx(1.45, abs=0.06)
    assert min(starts) < 8
    assert 232 < max(starts) <= 241
    assert np.mean(starts) == pytest.approx(120, abs=14)


def test_window_warp_with_scale_one_changes_nothing() -> None:
    x = torch.randn(9, 2, 50, generator=Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(applied("window_warp", x, minimum_scale=1.0, maximum_scale=1.0), x)


def test_flip_is_an_involution_that_reverses_time() -> None:
    x = ramp(3, 2, 20)
    flipped = applied("flip", x)
    assert torch.equal(applied("flip", flipped), x)
    np.testing.assert_array_equal(flipped[:, 0].numpy(), np.tile(np.arange(19, -1, -1), (3, 1)))
