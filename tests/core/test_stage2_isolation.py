"""Global generators neither matter to stage 2 and its samples nor change (known fault 7)."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset
from ncvq_core.fcn import Fcn
from ncvq_core.prior.series_sampler import load_generator
from ncvq_core.prior.token_source import TokenSource
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.prior.trainer import Stage2Trainer
from ncvq_core.stages.samples.run import SamplesRun
from ncvq_core.tokenizer.load import load_tokenizer
from tests.core.global_generators import global_state, seed_globals

Trials = Callable[..., TrialConfig]
CPU = torch.device("cpu")


class Trained:
    """A trial with SSL, whose samples are compared with an augmented view too, and its trained stages."""

    def __init__(self, config: TrialConfig, dataset: Dataset, tokenizer: dict[str, Tensor]) -> None:
        self.config, self.dataset, self.tokenizer = config, dataset, tokenizer
        self.prior = Stage2Run(config, dataset, tokenizer).trainer.prior.state_dict()


@pytest.fixture(scope="module")
def trained(
    prior_config: Trials, gunpoint: Dataset, tokenizer_of: Callable[[TrialConfig], dict[str, Tensor]]
) -> Trained:
    config = prior_config(ssl="barlowtwins", prior_epochs=2, sampling_steps=3)
    return Trained(config, gunpoint, tokenizer_of(config))


def twice(work: Callable[[], dict[str, Tensor]]) -> None:
    """Require the same bits after two seeds of the global generators."""
    results = []
    for seed in (1, 2):
        seed_globals(seed)
        results.append(work())
    assert results[0].keys() == results[1].keys()
    for name, value in results[0].items():
        np.testing.assert_array_equal(value, results[1][name], err_msg=name)


def untouched(step: Callable[[], None]) -> None:
    """Do a step, advance the global generators, and require that the step did not."""
    before = global_state()
    step()
    assert global_state() == before
    torch.rand(3)


def test_training(trained: Trained, series: Tensor) -> None:
    assert trained.config.stage2 is not None
    config = trained.config.stage2
    tokenizer = load_tokenizer(trained.config.stage1, trained.dataset, trained.tokenizer, CPU).model
    labels = torch.from_numpy(trained.dataset.train_labels)

    def train() -> dict[str, Tensor]:
        before = global_state()
        source = TokenSource(tokenizer, series, config.token_temperature)
        trainer = Stage2Trainer(config, source, labels, 2, seed=0, precision="fp32")
        assert global_state() == before
        while not trainer.finished:
            untouched(trainer.step)
        return {name: value.clone() for name, value in trainer.state().items()} | {
            "held out": torch.tensor(trainer.held_out_loss(source, labels))
        }

    twice(train)


def test_drawing_series(trained: Trained) -> None:
    generator = load_generator(trained.config, trained.dataset, trained.tokenizer, trained.prior)

    def draw() -> dict[str, Tensor]:
        draws, drawn = torch.Generator().manual_seed(0), []
        for _ in range(2):
            untouched(lambda: drawn.append(generator.sample(torch.tensor([0, 1, 2]), draws)))
        return {"series": torch.cat(drawn)}

    twice(draw)


def test_measuring_samples(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ncvq_core.evaluation.cas.MINIMUM_SERIES", 40)
    fcn = Fcn(1, 2).state_dict()
    test = {"test": trained.dataset.test[::10], "test_labels": trained.dataset.test_labels[::10]}
    few = dataclasses.replace(trained.dataset, **test)

    def measure() -> dict[str, Tensor]:
        run = SamplesRun(trained.config, few, trained.tokenizer, trained.prior, fcn)
        for _ in range(3):  # draws the samples, then trains the classifier
            untouched(run.step)
        state = {name: value.clone() for name, value in run.state().items()}
        results = []
        untouched(lambda: results.append(run.result()))
        metrics = {name: torch.tensor(value) for name, value in results[0].metrics.items() if value is not None}
        return state | results[0].tensors | metrics

    twice(measure)


def test_loading_leaves_them(trained: Trained, gunpoint: Dataset) -> None:
    fcn = Fcn(gunpoint.channels, len(gunpoint.classes)).state_dict()
    untouched(lambda: Stage2Run(trained.config, gunpoint, trained.tokenizer) and None)
    untouched(lambda: SamplesRun(trained.config, gunpoint, trained.tokenizer, trained.prior, fcn) and None)
