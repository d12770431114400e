"""Interruption, neighbours and global state change no bit of a training."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from tests.core.global_generators import global_state, seed_globals

pytestmark = pytest.mark.whole

Build = Callable[..., Stage1Trainer]
METHODS = ["none", *SSL_METHODS]


@pytest.fixture(scope="module")
def build(small_config: Callable[..., Stage1Config], series: Tensor) -> Build:
    def make(ssl: str = "vibcreg", **overrides: Any) -> Stage1Trainer:
        return Stage1Trainer(small_config(ssl=ssl, **overrides), series)

    return make


def copied(trainer: Stage1Trainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in trainer.state().items()}


def run(trainer: Stage1Trainer) -> dict[str, Tensor]:
    while not trainer.finished:
        trainer.step()
    return copied(trainer)


def differing(state: dict[str, Tensor], other: dict[str, Tensor]) -> list[str]:
    assert state.keys() == other.keys()
    return [name for name in state if not torch.equal(state[name], other[name])]


@pytest.fixture(scope="module")
def uninterrupted(build: Build) -> dict[str, dict[str, Tensor]]:
    return {ssl: run(build(ssl)) for ssl in METHODS}


@pytest.mark.parametrize("steps_before", [0, 1, 4, 6])
@pytest.mark.parametrize("ssl", METHODS)
def test_interruption_changes_no_bit(
    build: Build, uninterrupted: dict[str, dict[str, Tensor]], ssl: str, steps_before: int
) -> None:
    first = build(ssl)
    for _ in range(steps_before):
        first.step()
    saved = copied(first)
    second = build(ssl)
    second.restore(saved)
    assert second.steps_done == steps_before
    assert differing(run(second), uninterrupted[ssl]) == []


def test_a_finished_training_is_restored_as_finished(build: Build, uninterrupted: dict[str, dict[str, Tensor]]) -> None:
    second = build("vibcreg")
    second.restore(uninterrupted["vibcreg"])
    assert second.finished
    assert differing(copied(second), uninterrupted["vibcreg"]) == []


def test_restoring_replaces_whatever_was_there(build: Build) -> None:
    first, second = build(), build()
    first.step()
    saved = copied(first)
    expected = run(first)
    run(second)
    second.restore(saved)
    assert differing(run(second), expected) == []


def test_a_restored_trainer_shares_nothing_with_its_source(build: Build) -> None:
    first, second = build(), build()
    first.step()
    second.restore(first.state())
    before = copied(second)
    first.step()
    assert differing(copied(second), before) == []


def test_state_holds_plain_tensors_and_reading_it_changes_nothing(build: Build) -> None:
    watched = build()
    while not watched.finished:
        assert all(type(value) is Tensor for value in watched.state().values())
        watched.step()
    assert differing(copied(watched), run(build())) == []


@pytest.mark.thorough
@pytest.mark.parametrize("ssl", [("vibcreg", "vibcreg"), ("none", "barlowtwins"), ("vicreg", "vibcreg")])
def test_interleaved_trainers_do_not_see_each_other(build: Build, ssl: tuple[str, str]) -> None:
    apart = [run(build(ssl[0])), run(build(ssl[1], seed=5, epochs=2))]
    trainers = [build(ssl[0]), build(ssl[1], seed=5, epochs=2)]
    while not all(trainer.finished for trainer in trainers):
        for trainer in trainers:
            if not trainer.finished:
                trainer.step()
    for trainer, expected in zip(trainers, apart, strict=True):
        assert differing(copied(trainer), expected) == []


def test_a_diverged_neighbour_hurts_nobody(build: Build) -> None:
    healthy, sick = build(), build("none", learning_rate=1e30)
    while not healthy.finished:
        healthy.step()
        sick.step()
    assert not bool(sick.state()["history"].isfinite().all())
    assert differing(copied(healthy), run(build())) == []


@pytest.mark.thorough
@pytest.mark.parametrize("ssl", METHODS)
def test_global_generators_neither_matter_nor_change(build: Build, ssl: str) -> None:
    """Known fault 7: every draw comes from the trainer's own generators."""
    augmentations = ["window_warp", "amplitude_resize", "slice_and_shuffle", "gaussian_noise", "magnitude_warp"]
    states = []
    for seed in (1, 2):
        seed_globals(seed)
        before = global_state()
        states.append(run(build(ssl, augmentations=augmentations)))
        assert global_state() == before
    assert differing(*states) == []


def test_training_data_are_not_changed(build: Build, series: Tensor) -> None:
    before = series.clone()
    run(build(augmentations=["noise_window", "flip", "slope"]))
    assert torch.equal(series, before)
