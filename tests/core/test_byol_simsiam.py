"""BYOL and SimSiam against slow versions written from their papers."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.ssl.byol import BYOL
from ncvq_core.ssl.simsiam import SimSiam
from ncvq_core.stages.tokenizer.run import Stage1Run

BATCH, FEATURES = 6, 10


def pooled(seed: int) -> Tensor:
    return torch.randn(BATCH, FEATURES, generator=torch.Generator().manual_seed(seed))


def linear(layer: nn.Module, x: NDArray[np.float64]) -> NDArray[np.float64]:
    assert isinstance(layer, nn.Linear)
    return x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()


def batch_norm(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def mlp(layers: nn.Sequential, x: NDArray[np.float64]) -> NDArray[np.float64]:
    return linear(layers[-1], np.maximum(batch_norm(linear(layers[0], x)), 0))


def unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_byol_is_equation_2_both_ways() -> None:
    torch.manual_seed(0)
    head = BYOL(hidden=8, output=7).head(FEATURES, 0)
    x, view, target, target_view = (pooled(seed) for seed in range(4))
    loss = head(x, view, (target, target_view))
    expected = 0.0
    for online, other in ((x, target_view), (view, target)):
        prediction = mlp(head.predictor, mlp(head.projector, online.double().numpy()))
        projection = mlp(head.target_projector, other.double().numpy())
        expected += float((np.square(unit(prediction) - unit(projection)).sum(1)).mean())
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)


def test_byol_sends_no_gradient_to_targets() -> None:
    head = BYOL(hidden=8, output=7).head(FEATURES, 0)
    target, target_view = pooled(2).requires_grad_(), pooled(3).requires_grad_()
    torch.autograd.backward(head(pooled(0), pooled(1), (target, target_view)))
    assert target.grad is None
    assert target_view.grad is None
    assert all(parameter.grad is None for parameter in head.target_projector.parameters())
    assert all(parameter.grad is not None for parameter in head.projector.parameters())


def test_byol_target_follows_with_momentum() -> None:
    head = BYOL(momentum=0.75, hidden=8, output=7).head(FEATURES, 0)
    before = head.target_projector[0].weight.clone()
    with torch.no_grad():
        head.projector[0].weight.add_(1.0)
    head.follow()
    assert torch.allclose(head.target_projector[0].weight, before + 0.25, atol=1e-6)


def test_simsiam_is_equation_2() -> None:
    torch.manual_seed(0)
    head = SimSiam(bottleneck=2).head(FEATURES, 8)
    x, view = pooled(0), pooled(1)
    loss = head(x, view)
    projections, predictions = [], []
    for series in (x, view):
        inner, _ = head.projector
        hidden = np.maximum(batch_norm(linear(inner[0], series.double().numpy())), 0)
        hidden = np.maximum(batch_norm(linear(inner[3], hidden)), 0)
        projections.append(batch_norm(linear(inner[6], hidden)))
        predictions.append(mlp(head.predictor, projections[-1]))
    cosines = [(unit(predictions[i]) * unit(projections[1 - i])).sum(1).mean() for i in (0, 1)]
    assert float(loss.detach()) == pytest.approx(-0.5 * sum(cosines), rel=1e-4)


def test_simsiam_is_symmetric_and_bounded() -> None:
    head = SimSiam().head(FEATURES, 8)
    x, view = pooled(0), pooled(1)
    assert float(head(x, view).detach()) == pytest.approx(float(head(view, x).detach()), abs=1e-6)
    assert float(head(x, x).detach()) >= -1 - 1e-6


@pytest.mark.parametrize("momentum", [0.0, 1.0])
def test_momentum_encoder_follows_the_tokenizer(momentum: float) -> None:
    settings = {"dataset": "ItalyPowerDemand", "channels": 8, "epochs": 1, "augmentations": ["gaussian_noise"]}
    config = TrialConfig.from_dict({**settings, "ssl": {"byol": {"momentum": momentum}}})
    trainer = Stage1Run(config.stage1, load_dataset("ItalyPowerDemand")).trainer
    assert trainer.target is not None
    first = [parameter.clone() for parameter in trainer.tokenizer.parameters()]
    trainer.step()
    expected = first if momentum == 1.0 else list(trainer.tokenizer.parameters())
    for followed, wanted in zip(trainer.target.parameters(), expected, strict=True):
        assert torch.equal(followed, wanted)
