"""A whole stage 2: learns, resumes to the same bits, and reads TEST once, at the end."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import TOKEN_EMBEDDINGS
from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError
from ncvq_core.stages.base import StageResult
from ncvq_core.stages.prior.run import PRIOR_METRICS, Stage2Run
from ncvq_core.tokenizer.load import TOKENIZER

pytestmark = pytest.mark.whole

Trials = Callable[..., TrialConfig]
Train = Callable[[TrialConfig], dict[str, Tensor]]


def finish(run: Stage2Run) -> StageResult:
    while not run.finished:
        run.advance()
    return run.result()


def assert_same(one: StageResult, other: StageResult) -> None:
    assert one.history == other.history
    assert [name for name in one.tensors if not torch.equal(one.tensors[name], other.tensors[name])] == []


@pytest.fixture(scope="module")
def validating(prior_config: Trials) -> TrialConfig:
    return prior_config(val_fraction=0.3)


@pytest.fixture(scope="module")
def result(validating: TrialConfig, gunpoint: Dataset, tokenizer_of: Train) -> StageResult:
    return finish(Stage2Run(validating, gunpoint, tokenizer_of(validating)))


def test_result_is_complete(result: StageResult) -> None:
    assert tuple(result.metrics) == PRIOR_METRICS
    assert None not in result.metrics.values()
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    assert all({"prior_loss", "validation_prior_loss", "learning_rate"} < set(row) for row in result.history)
    assert result.metrics["prior_loss"] == result.history[-1]["prior_loss"]
    assert result.peak_memory_bytes > 10_000_000


def test_without_a_validation_part_there_is_no_validation_loss(
    prior_config: Trials, gunpoint: Dataset, tokenizer_of: Train
) -> None:
    result = finish(Stage2Run(prior_config(), gunpoint, tokenizer_of(prior_config())))
    assert result.metrics["validation_prior_loss"] is None
    assert "validation_prior_loss" not in result.history[0]


@pytest.mark.parametrize("kind", TOKEN_EMBEDDINGS)
@pytest.mark.parametrize(
    "tokenizer", ["stft", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("stft_lfhf", "wavelet"))]
)
def test_the_prior_learns(
    kind: str, tokenizer: str, prior_config: Trials, gunpoint: Dataset, tokenizer_of: Train
) -> None:
    config = prior_config(token_embedding=kind, tokenizer=tokenizer, prior_epochs=10)
    result = finish(Stage2Run(config, gunpoint, tokenizer_of(config)))
    assert result.metrics["prior_loss"] < 0.95 * result.history[0]["prior_loss"]
    codes = tokenizer_of(config)["bands.0.codebook.codes"]
    assert torch.equal(result.tensors["bands.0.embedding.codes"], codes) == (kind == "codebook_frozen")


def test_resumed_in_the_middle_it_gives_the_same_bits(
    validating: TrialConfig, gunpoint: Dataset, tokenizer_of: Train, result: StageResult
) -> None:
    first = Stage2Run(validating, gunpoint, tokenizer_of(validating))
    first.advance()
    first.advance()
    state = {name: value.clone() for name, value in first.state().items()}
    second = Stage2Run(validating, gunpoint, tokenizer_of(validating))
    second.restore(state)
    assert second.epoch == 2
    resumed = finish(second)
    assert_same(resumed, result)
    assert resumed.metrics == result.metrics


def test_state_of_another_prior_is_refused(
    validating: TrialConfig, prior_config: Trials, gunpoint: Dataset, tokenizer_of: Train
) -> None:
    run = Stage2Run(validating, gunpoint, tokenizer_of(validating))
    other = prior_config(val_fraction=0.3, prior_width=64)
    with pytest.raises(CheckpointError, match="checkpoint does not fit GunPoint"):
        Stage2Run(other, gunpoint, tokenizer_of(other)).restore(run.state())


def test_state_of_a_prior_on_another_tokenizer_is_refused(
    validating: TrialConfig, gunpoint: Dataset, tokenizer_of: Train
) -> None:
    """Of the same shapes: another training of stage 1."""
    tensors = tokenizer_of(validating)
    run = Stage2Run(validating, gunpoint, tensors)
    other = {name: tensor * 1.001 if name.endswith("weight") else tensor for name, tensor in tensors.items()}
    with pytest.raises(CheckpointError, match="does not fit GunPoint: it comes from a prior on another tokenizer"):
        Stage2Run(validating, gunpoint, other).restore(run.state())


def test_a_tokenizer_of_another_config_is_refused(
    validating: TrialConfig, prior_config: Trials, gunpoint: Dataset, tokenizer_of: Train
) -> None:
    with pytest.raises(CheckpointError, match="stage 1 does not fit GunPoint and its config"):
        Stage2Run(prior_config(channels=32), gunpoint, tokenizer_of(validating))
    with pytest.raises(CheckpointError, match=r"stage 1 does not fit GunPoint and its config: lacks scaling$"):
        Stage2Run(validating, gunpoint, {})


def test_test_has_no_influence_on_training(
    validating: TrialConfig, gunpoint: Dataset, tokenizer_of: Train, result: StageResult
) -> None:
    labels = np.random.default_rng(0).permutation(gunpoint.test_labels)
    altered = dataclasses.replace(gunpoint, test=gunpoint.test[:40] * 2, test_labels=labels[:40])
    other = finish(Stage2Run(validating, altered, tokenizer_of(validating)))
    assert_same(other, result)
    assert other.metrics["test_prior_loss"] != result.metrics["test_prior_loss"]


def test_validation_changes_nothing(validating: TrialConfig, gunpoint: Dataset, tokenizer_of: Train) -> None:
    run = Stage2Run(validating, gunpoint, tokenizer_of(validating))
    run.advance()
    before = {name: value.clone() for name, value in run.trainer.state().items()}
    source = run.trainer.source
    losses = [run.trainer.held_out_loss(source, run.trainer.labels) for _ in range(2)]
    assert losses[0] == losses[1]
    assert [name for name, value in run.trainer.state().items() if not torch.equal(value, before[name])] == []


def test_precision_changes_products_only(prior_config: Trials, gunpoint: Dataset, tokenizer_of: Train) -> None:
    config = prior_config(precision="bf16")
    result = finish(Stage2Run(config, gunpoint, tokenizer_of(config)))
    weights = [value for name, value in result.tensors.items() if name != TOKENIZER]
    assert all(value.dtype in (torch.float32, torch.int64) for value in weights)
    assert np.isfinite(result.metrics["prior_loss"])
