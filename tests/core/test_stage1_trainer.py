"""The step machine: it learns, it is deterministic, and nothing outside it matters."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.errors import DivergedError
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.tokenizer.kind import TRAINED
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.batches import BatchOrder
from tests.core.epochs import train_epoch

pytestmark = pytest.mark.whole

Build = Callable[..., Stage1Trainer]
METHODS = ["none", *SSL_METHODS]
SSL_ONLY = {"aug_recon_time", "aug_recon_timefreq", "ssl_loss"}


@pytest.fixture(scope="module")
def build(small_config: Callable[..., Stage1Config], series: Tensor) -> Build:
    def make(ssl: str = "vibcreg", **overrides: Any) -> Stage1Trainer:
        return Stage1Trainer(small_config(ssl=ssl, **overrides), series)

    return make


def run(trainer: Stage1Trainer) -> dict[str, Tensor]:
    while not trainer.finished:
        trainer.step()
    return {name: value.clone() for name, value in trainer.state().items()}


def differing(state: dict[str, Tensor], other: dict[str, Tensor]) -> list[str]:
    assert state.keys() == other.keys()
    return [name for name in state if not torch.equal(state[name], other[name])]


@pytest.mark.parametrize("ssl", METHODS)
def test_it_learns(build: Build, ssl: str) -> None:
    trainer = build(ssl, epochs=12)
    rows = [train_epoch(trainer) for _ in range(12)]
    assert trainer.finished
    for name in ("loss", "recon_time", "recon_timefreq"):
        assert rows[-1][name] < 0.75 * rows[0][name], name
    for row in rows:
        assert all(math.isfinite(value) for value in row.values())
        assert 1 <= row["perplexity"] <= 32


@pytest.mark.parametrize("ssl", METHODS)
def test_the_loss_is_the_weighted_sum_of_its_parts(build: Build, ssl: str) -> None:
    weights = {} if ssl == "none" else {"ssl_weight": 0.3, "aug_recon_weight": 0.7}
    row = train_epoch(build(ssl, commitment_weight=2.0, **weights))
    expected = row["recon_time"] + row["recon_timefreq"] + 2 * row["commitment"]
    if ssl != "none":
        expected += 0.7 * (row["aug_recon_time"] + row["aug_recon_timefreq"]) + 0.3 * row["ssl_loss"]
    assert row["loss"] == pytest.approx(expected, rel=1e-5)
    assert set(row) == set(TRAINED) - (SSL_ONLY if ssl == "none" else set())


@pytest.mark.parametrize("ssl", ["barlowtwins", "vicreg", "vibcreg"])
def test_a_missing_ssl_weight_is_the_one_of_the_method(build: Build, ssl: str) -> None:
    row = train_epoch(build(ssl, aug_recon_weight=0))
    weight = SSL_METHODS.parse(ssl).default_weight
    expected = row["recon_time"] + row["recon_timefreq"] + row["commitment"] + weight * row["ssl_loss"]
    assert row["loss"] == pytest.approx(expected, rel=1e-5)


def test_learning_rate_follows_a_cosine_to_zero_over_all_steps(build: Build) -> None:
    trainer = build("none", epochs=5, learning_rate=0.01)
    rates = [train_epoch(trainer)["learning_rate"] for _ in range(5)]
    expected = 0.005 * (1 + np.cos(np.pi * np.arange(20) / 20))
    np.testing.assert_allclose(rates, expected.reshape(5, 4).mean(axis=1), rtol=1e-5)


def test_steps_and_epochs_are_counted(build: Build) -> None:
    trainer = build("none", epochs=2)
    assert (trainer.epoch, trainer.finished, trainer.total_steps) == (0, False, 8)
    trainer.step()
    train_epoch(trainer)
    assert (trainer.epoch, trainer.steps_done, trainer.finished) == (1, 4, False)
    train_epoch(trainer)
    assert (trainer.epoch, trainer.finished) == (2, True)


@pytest.mark.parametrize("ssl", METHODS)
def test_equal_seeds_give_equal_bits_and_different_seeds_different_ones(build: Build, ssl: str) -> None:
    first = run(build(ssl))
    assert differing(first, run(build(ssl))) == []
    assert "history" in differing(first, run(build(ssl, seed=1)))


def test_initial_weights_batches_and_augmentations_depend_on_the_seed(build: Build) -> None:
    one, other = build(seed=0), build(seed=1)
    assert not torch.equal(one.tokenizer.codebooks[0].codes, other.tokenizer.codebooks[0].codes)
    assert not torch.equal(one.order.batch(0), other.order.batch(0))
    assert not torch.equal(one.draws.get_state(), other.draws.get_state())


def test_initial_tokenizer_and_batches_are_the_same_for_every_ssl_method(build: Build) -> None:
    """So that settings that share a seed can be compared in pairs."""
    trainers = [build(ssl) for ssl in METHODS]
    weights = [trainer.tokenizer.state_dict() for trainer in trainers]
    for other in weights[1:]:
        assert differing(weights[0], other) == []
    batches = [trainer.order.batch(0) for trainer in trainers]
    assert all(torch.equal(batches[0], other) for other in batches)


def test_without_ssl_there_is_no_head(build: Build) -> None:
    trainer = build("none")
    assert trainer.head is None
    assert not any("head" in name for name in trainer.state())
    before = trainer.draws.get_state()
    trainer.step()
    assert torch.equal(trainer.draws.get_state(), before), "there is no augmented branch"


def test_weights_of_the_augmented_view_change_the_training(build: Build) -> None:
    trainers = [
        build(**weights)
        for weights in ({"aug_recon_weight": 0}, {"aug_recon_weight": 1}, {"ssl_weight": 1, "aug_recon_weight": 0})
    ]
    for trainer in trainers:
        run(trainer)
    tokenizers = [trainer.tokenizer.codebooks[0].codes for trainer in trainers]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not torch.allclose(tokenizers[first], tokenizers[second], rtol=1e-3)


def test_without_weight_the_ssl_loss_only_watches(build: Build) -> None:
    """Batch norm sees the augmented view all the same, so that the statistics differ, but no gradient comes of it."""
    watched = build(ssl_weight=0, aug_recon_weight=0, weight_decay=0)
    assert watched.head is not None
    before = {name: value.clone() for name, value in watched.head.named_parameters()}
    watched.step()
    for name, value in watched.head.named_parameters():
        assert torch.equal(value, before[name]), name


def test_bfloat16_runs_and_stays_near_float32(build: Build) -> None:
    exact, rough = build("barlowtwins"), build("barlowtwins", precision="bf16")
    for _ in range(2):
        expected, row = train_epoch(exact), train_epoch(rough)
        assert row["loss"] != expected["loss"]
        assert row["loss"] == pytest.approx(expected["loss"], rel=0.05)
    assert {value.dtype for value in rough.tokenizer.state_dict().values()} <= {torch.float32, torch.int64}


@pytest.mark.parametrize("rate", [1e30, 1e38])
def test_an_absurd_learning_rate_diverges_with_one_line(build: Build, rate: float) -> None:
    trainer = build("none", learning_rate=rate, epochs=1)
    with pytest.raises(DivergedError, match=r"^the loss became (nan|inf) in epoch 1$"):
        train_epoch(trainer)


def test_27_series_make_one_batch(small_config: Callable[..., Stage1Config], series: Tensor) -> None:
    trainer = Stage1Trainer(small_config(ssl="barlowtwins", batch_size=128, epochs=2), series[:27])
    assert (trainer.order.steps, trainer.order.batch_size, trainer.total_steps) == (1, 27, 2)
    assert math.isfinite(train_epoch(trainer)["loss"])


@pytest.mark.parametrize(
    ("series_count", "batch_size"),
    [(2, 128), (3, 2), (27, 128), (128, 128), (129, 128), (257, 128), (500, 128), (50, 7)],
)
def test_each_series_comes_once_an_epoch_but_for_a_few_repeats(series_count: int, batch_size: int) -> None:
    order = BatchOrder(series_count, batch_size, torch.Generator().manual_seed(0))
    assert order.steps == math.ceil(series_count / batch_size)
    assert 2 <= order.batch_size <= batch_size
    epochs = [torch.cat([order.batch(epoch * order.steps + step) for step in range(order.steps)]) for epoch in range(3)]
    for indices in epochs:
        counts = torch.bincount(indices, minlength=series_count)
        assert len(counts) == series_count
        assert set(counts.tolist()) <= {1, 2}
        assert int((counts - 1).sum()) <= order.steps - 1
    if series_count > 3:
        assert not torch.equal(epochs[0], epochs[1])
