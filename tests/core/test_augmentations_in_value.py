"""Augmentations that change values: amplitude_resize, gaussian_noise, magnitude_warp, slope, noise_window."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline
from torch import Generator, Tensor

from ncvq_core.augmentations import AUGMENTATIONS

SHAPE = (3000, 3, 40)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=Generator().manual_seed(1), dtype=torch.float64)


def applied(name: str, x: Tensor, seed: int = 0, **parameters: float) -> Tensor:
    return AUGMENTATIONS.parse({name: parameters})(x, Generator().manual_seed(seed))


@pytest.mark.parametrize(("parameters", "spread"), [({}, 0.2), ({"standard_deviation": 0.05}, 0.05)])
def test_amplitude_resize_is_one_factor_a_series(parameters: dict[str, float], spread: float) -> None:
    x = draw(*SHAPE)
    factors = (applied("amplitude_resize", x, **parameters) / x).flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))
    assert float(factors[:, 0].mean()) == pytest.approx(1, abs=spread / 10)
    assert float(factors[:, 0].std()) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(("parameters", "spread"), [({}, 0.05), ({"standard_deviation": 0.5}, 0.5)])
def test_gaussian_noise_is_white_and_of_the_right_spread(parameters: dict[str, float], spread: float) -> None:
    x = draw(*SHAPE)
    noise = (applied("gaussian_noise", x, **parameters) - x).numpy() / spread
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1, rel=0.01)
    assert (noise**4).mean() == pytest.approx(3, rel=0.05)
    points = np.corrcoef(noise.reshape(len(noise), -1).T)
    assert np.abs(points - np.eye(len(points))).max() < 0.1


@pytest.mark.parametrize(("knots", "length"), [(6, 101), (6, 16), (4, 31)])
def test_magnitude_warp_is_a_cubic_spline_through_its_knots(knots: int, length: int) -> None:
    curves = applied("magnitude_warp", torch.ones(30, 3, length, dtype=torch.float64), knots=knots).numpy()
    at = np.linspace(0, length - 1, knots)
    assert np.array_equal(at, at.round())
    for curve in curves.reshape(-1, length):
        expected = CubicSpline(at, curve[at.astype(int)])(np.arange(length))
        np.testing.assert_allclose(curve, expected, rtol=1e-9, atol=1e-9)


def test_magnitude_warp_multiplies_by_knots_around_one() -> None:
    x = draw(2000, 3, 101)
    curves = applied("magnitude_warp", torch.ones_like(x))
    torch.testing.assert_close(applied("magnitude_warp", x), x * curves)
    knots = curves[:, :, ::20].numpy().reshape(-1, 6)
    np.testing.assert_allclose(knots.mean(0), 1, atol=0.02)
    np.testing.assert_allclose(knots.std(0), 0.2, rtol=0.05)
    assert np.abs(np.corrcoef(knots.T) - np.eye(6)).max() < 0.06


def test_magnitude_warp_gives_each_channel_its_own_curve() -> None:
    first, second, _ = applied("magnitude_warp", torch.ones(2000, 3, 41, dtype=torch.float64))[:, :, 20].numpy().T
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


@pytest.mark.parametrize(("parameters", "steepest"), [({}, 0.005), ({"maximum_slope": 0.1}, 0.1)])
def test_slope_is_one_straight_line_a_series(parameters: dict[str, float], steepest: float) -> None:
    x = draw(*SHAPE)
    trend = applied("slope", x, **parameters) - x
    slopes = trend[:, :1, -1:] / (SHAPE[2] - 1)
    torch.testing.assert_close(trend, (slopes * torch.arange(SHAPE[2])).expand_as(trend), rtol=0, atol=1e-12)
    values = slopes.flatten().numpy() / steepest
    assert np.abs(values).max() <= 1 + 1e-9
    np.testing.assert_allclose(np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]), [-0.9, -0.5, 0, 0.5, 0.9], atol=0.06)


@pytest.mark.parametrize(("length", "fraction", "window"), [(40, 0.4, 16), (151, 0.4, 60), (16, 0.1, 2), (20, 1.0, 20)])
def test_noise_window_adds_noise_in_one_window_only(length: int, fraction: float, window: int) -> None:
    x = draw(800, 2, length)
    out = applied("noise_window", x, window_fraction=fraction)
    noisy = (out != x).numpy()
    starts = noisy[:, 0].argmax(axis=1)
    time = np.arange(length)
    expected = (time >= starts[:, None]) & (time < starts[:, None] + window)
    for channel in range(2):
        np.testing.assert_array_equal(noisy[:, channel], expected)
    assert starts.min() == 0
    assert starts.max() == length - window
    shares = np.bincount(starts, minlength=length - window + 1) / len(starts)
    assert shares.max() < 3 / (length - window + 1) + 0.02


def test_noise_window_has_the_right_spread_and_independent_channels() -> None:
    x = torch.zeros(2000, 2, 40, dtype=torch.float64)
    noise = applied("noise_window", x)
    inside = noise[noise != 0]
    assert float(inside.std()) == pytest.approx(0.1, rel=0.02)
    assert float(inside.mean()) == pytest.approx(0, abs=0.002)
    first, second = noise[:, 0].flatten().numpy(), noise[:, 1].flatten().numpy()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
