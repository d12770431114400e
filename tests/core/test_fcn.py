"""The FCN: its shape, weights of the public package, and its training."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from ncvq_core.config.fcn import FcnTraining
from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.errors import CheckpointError, DataError
from ncvq_core.fcn import Fcn, judge_series
from ncvq_core.fcn.checkpoint import read_weights
from ncvq_core.fcn.network import TEST_FEATURES, NormalizedFcn
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.stages.judge.run import FcnRun
from tests.core.epochs import train_epoch

pytestmark = pytest.mark.whole

SHARED = Path(os.environ.get("NCVQ_SHARED", Path(__file__).parents[3] / "shared"))
PUBLISHED_BATCH = 256
ACCURACIES = {"SonyAIBORobotSurface2": 0.975, "ShapesAll": 0.888, "ECG5000": 0.938}
"""On TEST; those of Mallat (0.968), FordA (0.945) and ElectricDevices (0.718) are met as well, but take a minute."""


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "accuracy"), ACCURACIES.items())
def test_public_weights_classify_test_as_published(name: str, accuracy: float) -> None:
    folder, archive = SHARED / "reference" / "fcn", SHARED / "data" / "UCRArchive_2018"
    if not (folder / f"{name}.ckpt").exists() or not (archive / name).exists():
        pytest.skip("needs the public FCN weights and the archive, in shared/ beside the repository")
    dataset = load_dataset(name, archive)
    weights = read_weights(folder, dataset)
    assert weights is not None
    series = torch.from_numpy(Scaling.of(dataset.train).apply(dataset.test))
    predicted = judge_series(Fcn.of(weights.state), series).logits.argmax(dim=1).numpy()
    right = predicted == dataset.test_labels
    batches = np.split(right, range(PUBLISHED_BATCH, len(right), PUBLISHED_BATCH))
    mean_of_batches = np.mean([batch.mean() for batch in batches])
    assert mean_of_batches == pytest.approx(accuracy, abs=0.0005), (
        "the last, smaller batch weighs as much as the others"
    )
    assert right.mean() == pytest.approx(accuracy, abs=0.01)


def test_features_and_logits() -> None:
    network = Fcn(2, 5).eval()
    x = torch.randn(3, 2, 40)
    assert network.features(x).shape == (3, 128)
    assert network(x).shape == (3, 5)
    first = functional.pad(x, (3, 4))
    convolved = network.layers[0].layers[0](first)
    assert convolved.shape == (3, 128, 40), "an even kernel pads one more on the right"


def test_judging_changes_nothing_and_needs_no_single_batch() -> None:
    torch.manual_seed(0)
    network, x = Fcn(1, 3).train(), torch.randn(1200, 1, 64)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    judged = judge_series(network, x)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    with torch.no_grad():
        torch.testing.assert_close(judged.logits, network.eval()(x), atol=1e-5, rtol=1e-4)


def test_folded_network_is_the_trained_one() -> None:
    torch.manual_seed(0)
    trained, x = NormalizedFcn(1, 3), torch.randn(16, 1, 32)
    for _ in range(3):
        trained(x)
    with torch.no_grad():
        torch.testing.assert_close(trained.folded()(x), trained.eval()(x), atol=1e-5, rtol=1e-4)


def waves(count: int) -> LabelledSeries:
    """Noisy waves of two frequencies."""
    rng = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.int64) % 2
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    angle = 2 * np.pi * (2 + 3 * labels[:, None]) * np.arange(48) / 48
    series = np.sin(angle + phase) + 0.3 * rng.standard_normal((count, 48))
    return LabelledSeries(torch.from_numpy(series[:, None].astype(np.float32)), labels)


def training(**changes: float) -> FcnTraining:
    settings = {"epochs": 1, "steps": 60, "batch_size": 16, "validation_fraction": 0.25, "patience": 100, "seed": 0}
    return FcnTraining(precision="fp32", **{**settings, **changes})  # type: ignore[arg-type]


def finish(trainer: FcnTrainer) -> FcnTrainer:
    while not trainer.finished:
        train_epoch(trainer)
    return trainer


def test_it_learns_to_tell_waves_apart() -> None:
    data = waves(64)
    trainer = finish(FcnTrainer(training(), data, 2))
    predicted = judge_series(trainer.network, waves(200).series).logits.argmax(dim=1)
    assert (predicted.numpy() == waves(200).labels).mean() > 0.95


def test_the_best_epoch_is_kept_and_training_stops_when_it_is_long_past() -> None:
    data = waves(64)
    shuffled = data._replace(labels=np.random.default_rng(1).permutation(data.labels))
    trainer = finish(FcnTrainer(training(steps=3000, patience=4), shuffled, 2))
    assert trainer.epoch < 1000
    losses = [trainer.history_row(epoch)["validation_loss"] for epoch in range(trainer.epoch)]
    assert trainer.epoch - 1 - int(np.argmin(losses)) == 4


def test_resumed_training_gives_the_same_bits() -> None:
    whole = finish(FcnTrainer(training(), waves(64), 2))
    first = FcnTrainer(training(), waves(64), 2)
    for _ in range(5):
        train_epoch(first)
    second = FcnTrainer(training(), waves(64), 2)
    second.restore({name: value.clone() for name, value in first.state().items()})
    expected, found = whole.network.state_dict(), finish(second).network.state_dict()
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


@pytest.mark.parametrize(("epochs", "steps", "expected"), [(3, 0, 3), (1, 10, 4), (5, 10, 5)])
def test_few_series_take_more_epochs(epochs: int, steps: int, expected: int) -> None:
    trainer = finish(FcnTrainer(training(epochs=epochs, steps=steps), waves(64), 2))
    assert trainer.epoch == expected, "48 series are trained on, in 3 steps an epoch"


def test_too_few_series_to_hold_any_out() -> None:
    trainer = finish(FcnTrainer(training(steps=4), waves(2), 2))
    assert "validation_loss" not in trainer.history_row(0)
    assert math.isfinite(trainer.history_row(3)["loss"])


def test_weights_that_do_not_fit(tmp_path: Path, gunpoint: Dataset) -> None:
    assert read_weights(tmp_path, gunpoint) is None
    with pytest.raises(DataError, match="no such folder"):
        read_weights(tmp_path / "absent", gunpoint)
    file = tmp_path / "GunPoint.ckpt"
    torch.save(Fcn(1, 5).state_dict(), file)
    with pytest.raises(CheckpointError, match="weights for 5 classes, but GunPoint has 2: of another dataset"):
        read_weights(tmp_path, gunpoint)
    torch.save(Fcn(3, 2).state_dict(), file)
    with pytest.raises(CheckpointError, match="weights for 3 channels, but GunPoint has 1"):
        read_weights(tmp_path, gunpoint)
    torch.save({"a": torch.zeros(1)}, file)
    with pytest.raises(CheckpointError, match="not the weights of an FCN: lacks"):
        read_weights(tmp_path, gunpoint)
    file.write_bytes(b"")
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        read_weights(tmp_path, gunpoint)
    torch.save({name: value * torch.nan for name, value in Fcn(1, 2).state_dict().items()}, file)
    with pytest.raises(CheckpointError, match="not finite"):
        read_weights(tmp_path, gunpoint)


def test_code_in_a_weights_file_does_not_run(tmp_path: Path, gunpoint: Dataset) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (tmp_path / "trap").write_text, ("sprung",)

    torch.save({"layers": Trap()}, tmp_path / "GunPoint.ckpt")
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        read_weights(tmp_path, gunpoint)
    assert not (tmp_path / "trap").exists()


def test_the_run_trains_on_every_series(gunpoint: Dataset) -> None:
    run = FcnRun(gunpoint)
    assert run.trainer.order.series == len(gunpoint.train)
    assert run.advance().keys() == {"epoch", "loss", "learning_rate"}


def test_run_resumes_and_refuses_another_state(gunpoint: Dataset) -> None:
    first, second = FcnRun(gunpoint), FcnRun(gunpoint)
    first.advance()
    second.restore({name: value.clone() for name, value in first.state().items()})
    assert second.epoch == 1
    assert first.advance()["loss"] == second.advance()["loss"]
    tensors = second.result().tensors
    features = tensors.pop(TEST_FEATURES)
    assert tensors.keys() == Fcn(1, 2).state_dict().keys()
    test = torch.from_numpy(Scaling.of(gunpoint.train).apply(gunpoint.test))
    assert torch.equal(features, judge_series(Fcn.of(tensors), test).features)
    with pytest.raises(CheckpointError, match="checkpoint does not fit GunPoint"):
        second.restore({})
