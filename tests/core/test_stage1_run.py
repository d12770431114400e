"""A whole stage 1: TEST is read once, at the end, and has no influence on training."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.validation import split_train
from ncvq_core.errors import CheckpointError, DataError, DivergedError
from ncvq_core.stages.tokenizer.run import EVALUATED, Stage1Run, StageResult

pytestmark = pytest.mark.whole

Config = Callable[..., Stage1Config]


def finish(run: Stage1Run) -> StageResult:
    while not run.finished:
        run.advance()
    return run.result()


def altered(dataset: Dataset, **changes: Any) -> Dataset:
    return dataclasses.replace(dataset, **changes)


def assert_same_training(one: StageResult, other: StageResult) -> None:
    assert one.history == other.history
    assert one.tensors.keys() == other.tensors.keys()
    assert [name for name in one.tensors if not torch.equal(one.tensors[name], other.tensors[name])] == []


@pytest.fixture(scope="module")
def validating(small_config: Config) -> Stage1Config:
    return small_config(ssl="vibcreg", epochs=4, val_fraction=0.3, evaluate_every=2)


@pytest.fixture(scope="module")
def result(validating: Stage1Config, gunpoint: Dataset) -> StageResult:
    return finish(Stage1Run(validating, gunpoint))


def test_result_is_complete(result: StageResult) -> None:
    assert set(result.metrics) == set(EVALUATED)
    assert None not in result.metrics.values()
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    assert result.metrics["ssl_loss"] == result.history[-1]["ssl_loss"]
    assert result.peak_memory_bytes > 10_000_000
    assert result.notes == ()
    assert all(value.device.type == "cpu" for value in result.tensors.values())


def test_validation_is_evaluated_every_second_epoch(result: StageResult) -> None:
    for row in result.history:
        evaluated = {name for name in row if name.startswith("validation_")}
        assert evaluated == ({f"validation_{name}" for name in EVALUATED} if row["epoch"] % 2 == 0 else set())


@pytest.mark.parametrize("ssl", ["none", "byol"])
def test_two_series_must_be_left_for_training(small_config: Config, gunpoint: Dataset, ssl: str) -> None:
    config = small_config(ssl=ssl, epochs=1, val_fraction=0.5)
    one_class = {"train": gunpoint.train[:4], "train_labels": np.zeros(4, dtype=np.int64)}
    assert np.isfinite(Stage1Run(config, altered(gunpoint, **one_class)).advance()["loss"])
    three = altered(gunpoint, **{name: value[:3] for name, value in one_class.items()})
    with pytest.raises(DataError) as caught:
        Stage1Run(config, three)
    assert str(caught.value) == "GunPoint: val_fraction = 0.5 leaves 1 series for training, at least 2 are needed"


def test_without_evaluate_every_nothing_is_evaluated(small_config: Config, gunpoint: Dataset) -> None:
    row = Stage1Run(small_config(ssl="none", epochs=1, val_fraction=0.3), gunpoint).advance()
    assert not any(name.startswith("validation_") for name in row)


def test_evaluating_on_the_validation_part_changes_no_training_number(
    small_config: Config, gunpoint: Dataset, result: StageResult
) -> None:
    silent = finish(Stage1Run(small_config(ssl="vibcreg", epochs=4, val_fraction=0.3), gunpoint))
    stripped = [
        {name: value for name, value in row.items() if not name.startswith("validation_")} for row in result.history
    ]
    assert silent.history == stripped
    assert [name for name in silent.tensors if not torch.equal(silent.tensors[name], result.tensors[name])] == []


def test_labels_of_test_change_no_training_number(
    validating: Stage1Config, gunpoint: Dataset, result: StageResult
) -> None:
    permuted = altered(gunpoint, test_labels=np.random.default_rng(0).permutation(gunpoint.test_labels))
    other = finish(Stage1Run(validating, permuted))
    assert_same_training(result, other)
    assert other.metrics["val_loss"] == result.metrics["val_loss"]
    assert other.metrics["probe_knn"] != result.metrics["probe_knn"]


def test_series_of_test_change_no_training_number(
    validating: Stage1Config, gunpoint: Dataset, result: StageResult
) -> None:
    noise = np.random.default_rng(0).normal(5, 100, gunpoint.test.shape).astype(np.float32)
    other = finish(Stage1Run(validating, altered(gunpoint, test=noise)))
    assert_same_training(result, other)
    assert other.metrics["val_loss"] != result.metrics["val_loss"]


def test_test_is_not_touched_before_the_result(validating: Stage1Config, gunpoint: Dataset) -> None:
    class Untouchable:
        shape = gunpoint.test.shape

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"TEST was read: {name}")

        __array__ = __getitem__ = __len__ = __sub__ = __getattr__

    hidden = altered(gunpoint)
    for field in ("test", "test_labels"):
        object.__setattr__(hidden, field, Untouchable())
    run = Stage1Run(validating, hidden)
    while not run.finished:
        run.advance()
    run.state()
    with pytest.raises((AssertionError, TypeError)):
        run.result()


def test_result_reads_every_series_of_test(small_config: Config, gunpoint: Dataset) -> None:
    test = gunpoint.test.copy()
    test[-1] += 50
    config = small_config(ssl="none", epochs=1)
    plain, moved = (finish(Stage1Run(config, dataset)) for dataset in (gunpoint, altered(gunpoint, test=test)))
    assert plain.metrics["recon_time"] != moved.metrics["recon_time"]


def test_scaling_comes_from_the_training_part_alone(validating: Stage1Config, gunpoint: Dataset) -> None:
    training, validation = split_train(gunpoint.train_labels, 0.3, validating.seed)
    train = gunpoint.train.copy()
    train[validation] *= 100
    run = Stage1Run(validating, altered(gunpoint, train=train))
    assert run.scaling == Scaling.of(gunpoint.train[training])
    assert len(run.trainer.series) == len(training) == 35
    assert float(run.trainer.series.mean()) == pytest.approx(0, abs=1e-5)
    assert float(run.trainer.series.std()) == pytest.approx(1, rel=1e-3)


def test_single_class_gives_no_probes_and_a_note(small_config: Config, gunpoint: Dataset) -> None:
    zeros = {"train_labels": np.zeros(50, dtype=np.int64), "test_labels": np.zeros(150, dtype=np.int64)}
    outcome = finish(Stage1Run(small_config(ssl="none", epochs=1), altered(gunpoint, notes=("before",), **zeros)))
    undefined = [name for name, value in outcome.metrics.items() if value is None]
    assert set(undefined) == {"class_separation", "probe_svm", "probe_knn", "probe_linear", "ssl_loss"}
    assert outcome.notes[0] == "before"
    assert len(outcome.notes) == 2
    for name in ("class_separation", "probe_svm", "probe_knn", "probe_linear"):
        assert name in outcome.notes[1]
    assert "ssl_loss" not in outcome.notes[1]


def copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in state.items()}


@pytest.mark.parametrize("epochs_before", [0, 2, 3])
def test_resumed_run_equals_an_uninterrupted_one(
    validating: Stage1Config, gunpoint: Dataset, result: StageResult, epochs_before: int
) -> None:
    first = Stage1Run(validating, gunpoint)
    for _ in range(epochs_before):
        first.advance()
    second = Stage1Run(validating, gunpoint)
    second.restore(copied(first.state()))
    resumed = finish(second)
    assert_same_training(resumed, result)
    assert resumed.metrics == result.metrics


OTHER_MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "channels": ({"channels": 8}, r"Error\(s\) in loading .*: size mismatch for tokenizer\.bands\.0\..*"),
    "SSL": ({"ssl": "vicreg"}, r"Error\(s\) in loading .*: Unexpected key\(s\) in state_dict: \"head\.projector.* …"),
    "epochs": ({"epochs": 9}, r"The size of tensor a \(3\) must match the size of tensor b \(9\) .*"),
}


def refusal(run: Stage1Run, state: dict[str, Tensor]) -> str:
    with pytest.raises(CheckpointError) as caught:
        run.restore(state)
    return str(caught.value)


@pytest.mark.parametrize("other", OTHER_MODELS)
def test_a_checkpoint_of_another_model_is_refused_in_one_line(
    small_config: Config, gunpoint: Dataset, other: str
) -> None:
    changes, reason = OTHER_MODELS[other]
    state = Stage1Run(small_config(**{"ssl": "none", **changes}), gunpoint).state()
    message = refusal(Stage1Run(small_config(ssl="none"), gunpoint), state)
    assert re.fullmatch(f"checkpoint does not fit GunPoint: {reason}", message)
    assert not re.search(r"[\n\t]", message)
    assert len(message) < 500


@pytest.mark.parametrize("name", ["generator.order", "history", "steps_done", "evaluations"])
def test_a_checkpoint_that_lacks_a_tensor_is_refused(small_config: Config, gunpoint: Dataset, name: str) -> None:
    run = Stage1Run(small_config(ssl="none"), gunpoint)
    state = {key: value for key, value in run.state().items() if key != name}
    assert refusal(run, state) == f"checkpoint does not fit GunPoint: lacks {name}"
    assert "Missing key(s) in state_dict" in refusal(run, {})


def test_weights_that_break_in_the_last_step_are_divergence(small_config: Config, gunpoint: Dataset) -> None:
    run = Stage1Run(small_config(ssl="none", epochs=1, learning_rate=1e30, batch_size=1000), gunpoint)
    with pytest.raises(DivergedError, match="no longer finite"):
        finish(run)
