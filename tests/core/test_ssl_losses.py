"""Each SSL loss against a slow version written from its paper, with explicit features × features matrices."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncvq_core.ssl import SSL_METHODS
from ncvq_core.ssl.heads.barlowtwins import barlow_twins_loss
from ncvq_core.ssl.heads.vibcreg import vibcreg_loss
from ncvq_core.ssl.heads.vicreg import vicreg_loss
from ncvq_core.ssl.vibcreg import VIbCReg
from ncvq_core.ssl.vicreg import VICReg

Array = NDArray[np.float64]
Loss = Callable[[Tensor, Tensor], Tensor]
SlowLoss = Callable[[Array, Array], float]
BATCH, FEATURES = 7, 5


def slow_barlow_twins(z: Array, z_view: Array, weight: float = 0.005) -> float:
    """arXiv 2103.03230, equation 1, over the number of features."""
    z, z_view = ((view - view.mean(0)) / np.sqrt(view.var(0) + 1e-5) for view in (z, z_view))
    correlation = z.T @ z_view / len(z)
    total = 0.0
    for i in range(correlation.shape[0]):
        for j in range(correlation.shape[1]):
            total += (1 - correlation[i, i]) ** 2 if i == j else weight * correlation[i, j] ** 2
    return total / correlation.shape[0]


def slow_variance(z: Array) -> float:
    """arXiv 2105.04906, equations 1 and 2."""
    return float(np.mean([max(0.0, 1 - np.sqrt(np.var(column, ddof=1) + 1e-4)) for column in z.T]))


def off_diagonal(matrix: Array) -> Array:
    return matrix[~np.eye(len(matrix), dtype=bool)]


def slow_vicreg(z: Array, z_view: Array, weights: tuple[float, float, float] = (25, 25, 1)) -> float:
    """arXiv 2105.04906, equation 6; the invariance is averaged over features."""
    invariance = np.mean((z - z_view) ** 2)
    variance = slow_variance(z) + slow_variance(z_view)
    covariance = sum((off_diagonal(np.cov(view.T)) ** 2).sum() / view.shape[1] for view in (z, z_view))
    return float(np.dot(weights, (invariance, variance, covariance)))


def slow_vibcreg(z: Array, z_view: Array, weights: tuple[float, float, float] = (25, 25, 100)) -> float:
    """arXiv 2109.00783: VICReg's first two terms; the third on correlations, averaged over all feature pairs."""
    invariance = np.mean((z - z_view) ** 2)
    variance = slow_variance(z) + slow_variance(z_view)
    covariance = sum((off_diagonal(np.corrcoef(view.T)) ** 2).sum() / view.shape[1] ** 2 for view in (z, z_view))
    return float(np.dot(weights, (invariance, variance, covariance)))


OTHER = (3.0, 7.0, 11.0)
OTHER_NAMED = dict(zip(("invariance", "variance", "covariance"), OTHER, strict=True))
LOSSES: dict[str, tuple[Loss, SlowLoss]] = {
    "barlowtwins": (barlow_twins_loss, slow_barlow_twins),
    "barlowtwins, other weight": (
        partial(barlow_twins_loss, off_diagonal_weight=0.7),
        partial(slow_barlow_twins, weight=0.7),
    ),
    "vicreg": (partial(vicreg_loss, method=VICReg()), slow_vicreg),
    "vicreg, other weights": (
        partial(vicreg_loss, method=VICReg(**OTHER_NAMED)),
        partial(slow_vicreg, weights=OTHER),
    ),
    "vibcreg": (partial(vibcreg_loss, method=VIbCReg()), slow_vibcreg),
    "vibcreg, other weights": (
        partial(vibcreg_loss, method=VIbCReg(**OTHER_NAMED)),
        partial(slow_vibcreg, weights=OTHER),
    ),
}


def views(scale: float, batch: int = BATCH, features: int = FEATURES) -> tuple[Tensor, Tensor]:
    """Two views that resemble each other; features differ in scale, so that some hinges are active."""
    generator = torch.Generator().manual_seed(5)
    z, noise = torch.randn(2, batch, features, generator=generator, dtype=torch.float64)
    spread = scale * torch.linspace(0.3, 1.7, features, dtype=torch.float64)
    return z * spread + 2, (z + 0.5 * noise) * spread


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", LOSSES)
def test_value_equals_the_slow_version(name: str, scale: float) -> None:
    loss, slow = LOSSES[name]
    z, z_view = views(scale)
    assert float(loss(z, z_view)) == pytest.approx(slow(z.numpy(), z_view.numpy()), rel=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_value_in_float32_with_more_features_than_series(name: str) -> None:
    loss, slow = LOSSES[name]
    z, z_view = views(1.0, batch=16, features=64)
    assert float(loss(z.float(), z_view.float())) == pytest.approx(slow(z.numpy(), z_view.numpy()), rel=1e-4)


@pytest.mark.parametrize("view", [0, 1])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_equals_finite_differences_of_the_slow_version(name: str, view: int) -> None:
    loss, slow = LOSSES[name]
    inputs = views(1.0)
    leaves = [z.clone().requires_grad_() for z in inputs]
    (gradient,) = torch.autograd.grad(loss(*leaves), leaves[view])
    step = 1e-6
    for row in range(BATCH):
        for column in range(FEATURES):
            ends = []
            for sign in (1, -1):
                moved = [z.numpy().copy() for z in inputs]
                moved[view][row, column] += sign * step
                ends.append(slow(*moved))
            assert float(gradient[row, column]) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_views_are_interchangeable(name: str) -> None:
    z, z_view = views(1.0)
    torch.testing.assert_close(LOSSES[name][0](z, z_view), LOSSES[name][0](z_view, z))


def test_perfect_representations_cost_nothing() -> None:
    orthogonal = 4 * torch.linalg.qr(torch.cat([torch.ones(16, 1), views(1.0, 16, 3)[0].float()], 1).double()).Q[:, 1:]
    assert float(vicreg_loss(orthogonal, orthogonal, VICReg())) == pytest.approx(0, abs=1e-9)
    assert float(vibcreg_loss(orthogonal, orthogonal, VIbCReg())) == pytest.approx(0, abs=1e-9)
    assert float(barlow_twins_loss(orthogonal, orthogonal)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["barlowtwins", "vicreg", "vibcreg"])
def test_heads_give_one_finite_float32_loss_with_gradients_to_the_pooled_features(name: str) -> None:
    generator = torch.Generator().manual_seed(1)
    pooled, pooled_view = torch.randn(2, 12, 8, generator=generator).requires_grad_().unbind()
    head = SSL_METHODS.parse(name).head(8, 16)
    loss = head(pooled, pooled_view)
    assert loss.shape == ()
    assert loss.dtype == torch.float32
    (gradient,) = torch.autograd.grad(loss, pooled)
    assert bool(gradient.isfinite().all())
    assert float(gradient.abs().max()) > 0
