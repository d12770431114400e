"""What stage 2's training shows the prior at each step: classes, some of them dropped, and progress of the masking."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from ncvq_core.config.prior import Stage2Config
from ncvq_core.prior.prior import TokenSpace
from ncvq_core.stages.prior.trainer import Stage2Trainer

SERIES, CLASSES, EPOCHS = 200, 5, 10


class Shown(NamedTuple):
    """Each a value a series and step."""

    own: Tensor
    labels: Tensor
    progress: Tensor


class TwoTokens:
    """Stands in for a `TokenSource`: each series has two tokens, always the same, so that training takes no time."""

    def __init__(self) -> None:
        self.spaces = [TokenSpace(torch.eye(3), (1, 2))]
        self.batches: list[Tensor] = []

    def draw(self, batch: Tensor, draws: torch.Generator) -> list[Tensor]:
        self.batches.append(batch.clone())
        return [torch.zeros(len(batch), 2).long()]


def train(class_dropout: float) -> Shown:
    """Train at a class dropout, and tell what the prior was shown."""
    config = Stage2Config(
        prior_width=8, prior_layers=1, prior_heads=1, prior_epochs=EPOCHS, class_dropout=class_dropout
    )
    source, seen = TwoTokens(), []
    labels = torch.arange(SERIES) % CLASSES
    trainer = Stage2Trainer(config, source, labels, CLASSES, seed=0, precision="fp32")
    trainer.prior.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[1:3]))
    while not trainer.finished:
        trainer.step()
    shown, progress = map(torch.cat, zip(*seen, strict=True))
    return Shown(labels[torch.cat(source.batches)], shown, progress)


def test_without_dropout_each_series_has_its_class() -> None:
    shown = train(0.0)
    assert len(shown.labels) == SERIES * EPOCHS
    assert torch.equal(shown.labels, shown.own)


def test_with_full_dropout_no_series_has_a_class() -> None:
    assert set(train(1.0).labels.tolist()) == {CLASSES}


def test_the_given_share_of_classes_is_dropped_at_any_progress() -> None:
    shown = train(0.3)
    dropped = shown.labels == CLASSES
    assert torch.equal(shown.labels[~dropped], shown.own[~dropped])
    assert float(dropped.float().mean()) == pytest.approx(0.3, abs=0.04)
    assert float(shown.progress[dropped].mean()) == pytest.approx(0.5, abs=0.05)


def test_progress_is_uniform() -> None:
    progress = train(0.2).progress.sort().values
    assert 0 <= float(progress[0]) < float(progress[-1]) < 1
    assert len(progress.unique()) > 0.99 * len(progress), "each series and step has a draw of its own"
    torch.testing.assert_close(progress, (torch.arange(len(progress)) + 0.5) / len(progress), atol=0.04, rtol=0)
