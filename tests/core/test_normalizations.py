"""IterNorm and the two-view batch norm."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ncvq_core.ssl.iterative_normalization import IterativeNormalization
from ncvq_core.ssl.projector import Projector, ViewBatchNorm

Array = NDArray[np.float64]


def correlated(batch: int, features: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(batch, features, generator=generator, dtype=torch.float64)
    mixing = torch.eye(features, dtype=torch.float64) + 0.2 * torch.randn(features, features, generator=generator)
    return z @ mixing + 3


def slow_iterative_normalization(x: Array, groups: int, steps: int) -> Array:
    """arXiv 1904.03441, algorithm 1, one group after the other; rows are samples here, columns in the paper."""
    out = np.empty_like(x)
    for columns in np.split(np.arange(x.shape[1]), groups):
        centred = (x[:, columns] - x[:, columns].mean(0)).T
        sigma = centred @ centred.T / len(x) + 1e-5 * np.eye(len(columns))
        normalised = sigma / np.trace(sigma)
        root = np.eye(len(columns))
        for _ in range(steps):
            root = 0.5 * (3 * root - np.linalg.matrix_power(root, 3) @ normalised)
        out[:, columns] = (root / np.sqrt(np.trace(sigma)) @ centred).T
    return out


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize(("features", "groups"), [(12, 3), (12, 1), (12, 12), (30, 5)])
def test_iterative_normalization_equals_algorithm_1(features: int, groups: int, steps: int) -> None:
    x = correlated(40, features)
    white = IterativeNormalization(features, groups, steps).double()(x)
    np.testing.assert_allclose(
        white.detach().numpy(), slow_iterative_normalization(x.numpy(), groups, steps), rtol=1e-9, atol=1e-9
    )


def test_iterative_normalization_whitens_within_groups_only() -> None:
    x = correlated(400, 12)
    white = IterativeNormalization(12, 3, newton_steps=12).double()(x).detach().numpy()
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-9)
    covariance = np.cov(white.T, bias=True)
    for start in (0, 4, 8):
        np.testing.assert_allclose(covariance[start : start + 4, start : start + 4], np.eye(4), atol=1e-3)
    assert abs(covariance[:4, 4:]).max() > 0.05


def test_groups_divide_the_features() -> None:
    x = correlated(40, 30)
    np.testing.assert_allclose(
        IterativeNormalization(30, 64).double()(x).detach().numpy(),
        slow_iterative_normalization(x.numpy(), 2, 5),
        rtol=1e-9,
        atol=1e-9,
    )


def test_iterative_normalization_evaluates_with_running_statistics_and_keeps_them() -> None:
    layer, x = IterativeNormalization(6, 2, momentum=1.0).double(), correlated(50, 6)
    with torch.no_grad():
        trained = layer(x)
        layer.eval()
        before = copy.deepcopy(layer.state_dict())
        torch.testing.assert_close(layer(x), trained)
        torch.testing.assert_close(layer(x[:1] + 1), layer(torch.cat([x[:1] + 1, x]))[:1])  # no statistic of the batch
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_iterative_normalization_moves_running_statistics_by_its_momentum() -> None:
    layer, x = IterativeNormalization(6, 2, momentum=0.25).double(), correlated(50, 6)
    layer(x)
    torch.testing.assert_close(layer.running_mean.flatten(), 0.25 * x.mean(0))
    assert not layer.running_mean.requires_grad


def test_scale_and_shift_are_trainable() -> None:
    layer, x = IterativeNormalization(6, 2).double(), correlated(50, 6)
    white = layer(x)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(6.0))
        layer.bias.fill_(0.5)
    torch.testing.assert_close(layer(x), white * torch.arange(6.0) + 0.5)


def test_view_batch_norm_equals_two_calls_of_batch_norm() -> None:
    ours, theirs = ViewBatchNorm(5), nn.BatchNorm1d(5)
    first, second = correlated(24, 5).float().requires_grad_().chunk(2)
    stacked = ours(torch.cat([first, 3 * second + 1]))
    apart = torch.cat([theirs(first), theirs(3 * second + 1)])
    torch.testing.assert_close(stacked, apart)
    assert not torch.allclose(stacked, nn.BatchNorm1d(5)(torch.cat([first, 3 * second + 1])), atol=1e-2)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, msg=name)


def test_projector_projects_each_view_as_if_alone() -> None:
    torch.manual_seed(0)
    projector = Projector(6, 16)
    plain = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 16), nn.BatchNorm1d(16), nn.ReLU(),
        nn.Linear(16, 16),
    )  # fmt: skip
    plain.load_state_dict(projector.state_dict())
    pooled, pooled_view = correlated(20, 6).float().chunk(2)
    z, z_view = projector.views(pooled, pooled_view)
    torch.testing.assert_close(z, plain(pooled))
    torch.testing.assert_close(z_view, plain(pooled_view))
