"""Stage 1's metrics against slow versions; evaluating changes nothing."""

import copy
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Scaling, load_dataset
from ncvq_core.evaluation.codebook_statistics import codebook_correlation, codebook_cosine
from ncvq_core.evaluation.probes import class_separation, probe_accuracies, silhouettes
from ncvq_core.evaluation.tokenizer import STAGE1_METRICS, Labelled, evaluate_stage1
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from tests.core.epochs import train_epoch

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def parts() -> tuple[Labelled, Labelled]:
    """TRAIN and a TEST of more than one batch: 67 and 1029 series of length 24."""
    dataset = load_dataset("ItalyPowerDemand")
    scaling = Scaling.of(dataset.train)
    return (
        Labelled(torch.from_numpy(scaling.apply(dataset.train)), dataset.train_labels),
        Labelled(torch.from_numpy(scaling.apply(dataset.test)), dataset.test_labels),
    )


@pytest.fixture(scope="module")
def trainer(small_config: Callable[..., Stage1Config], parts: tuple[Labelled, Labelled]) -> Stage1Trainer:
    trainer = Stage1Trainer(small_config(dataset="ItalyPowerDemand", ssl="barlowtwins"), parts[0].series)
    for _ in range(3):
        train_epoch(trainer)
    return trainer


@pytest.fixture(scope="module")
def metrics(trainer: Stage1Trainer, parts: tuple[Labelled, Labelled]) -> dict[str, float | None]:
    return evaluate_stage1(trainer.tokenizer, *parts).metrics


def test_all_metrics_are_there(metrics: dict[str, float | None]) -> None:
    assert set(metrics) == set(STAGE1_METRICS)
    assert all(type(value) is float for value in metrics.values())


def by_hand(trainer: Stage1Trainer, x: Tensor) -> tuple[float, float, float, Array, NDArray[np.int64]]:
    """All series in one batch: both errors, the commitment, pooled codes and tokens."""
    tokenizer = copy.deepcopy(trainer.tokenizer).eval()
    with torch.no_grad():
        (u,) = bands = tokenizer.transform(x)
        (quantized,) = tokenizer.quantize(tokenizer.encode(bands))
        back = tokenizer.decode([quantized.features])
    recon_time = float(((back.series - x).double() ** 2).mean())
    recon_timefreq = float(((back.bands[0] - u).double() ** 2).mean())
    features = quantized.features.double().mean(dim=(2, 3)).numpy()
    return recon_time, recon_timefreq, float(quantized.commitment), features, quantized.tokens.numpy()


def test_errors_and_usage_equal_those_of_one_full_batch(
    trainer: Stage1Trainer, parts: tuple[Labelled, Labelled], metrics: dict[str, float | None]
) -> None:
    recon_time, recon_timefreq, commitment, features, tokens = by_hand(trainer, parts[1].series)
    assert metrics["recon_time"] == pytest.approx(recon_time, rel=1e-4)
    assert metrics["recon_timefreq"] == pytest.approx(recon_timefreq, rel=1e-4)
    assert metrics["commitment"] == pytest.approx(commitment, rel=1e-4)
    assert metrics["val_loss"] == pytest.approx(recon_time + recon_timefreq + commitment, rel=1e-4)
    share = np.bincount(tokens.ravel(), minlength=32) / tokens.size
    assert metrics["perplexity"] == pytest.approx(np.exp(-sum(p * np.log(p) for p in share if p)), rel=1e-4)
    separation = class_separation(silhouettes(features, parts[1].labels))
    assert metrics["class_separation"] == pytest.approx(separation, abs=1e-4)


def test_probes_read_pooled_codes(
    trainer: Stage1Trainer, parts: tuple[Labelled, Labelled], metrics: dict[str, float | None]
) -> None:
    features = [by_hand(trainer, part.series)[3] for part in parts]
    expected = probe_accuracies(features[0], parts[0].labels, features[1], parts[1].labels)
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, abs=0.01), name


def global_state() -> tuple[object, ...]:
    name, keys, *rest = np.random.get_state()
    return random.getstate(), name, np.asarray(keys).tobytes(), tuple(rest), torch.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_changes_nothing(trainer: Stage1Trainer, parts: tuple[Labelled, Labelled], training: bool) -> None:
    """Known fault 1: no parameter, no buffer, no generator, and the mode is as before."""
    trainer.tokenizer.train(training)
    before = {name: value.clone() for name, value in trainer.state().items()}
    generators = global_state()
    evaluate_stage1(trainer.tokenizer, *parts)
    assert [name for name, value in trainer.state().items() if not torch.equal(value, before[name])] == []
    assert global_state() == generators
    assert {module.training for module in trainer.tokenizer.modules()} == {training}


def test_a_single_class_has_no_probes(trainer: Stage1Trainer, parts: tuple[Labelled, Labelled]) -> None:
    one_class = [Labelled(part.series, np.zeros_like(part.labels)) for part in parts]
    metrics = evaluate_stage1(trainer.tokenizer, *one_class).metrics
    undefined = {name for name, value in metrics.items() if value is None}
    assert undefined == {"probe_svm", "probe_knn", "probe_linear", "class_separation"}


def test_class_separation_of_three_points_by_hand() -> None:
    """Points 0 and 1 of one class, 5 of another: (5 − 1)/5, (4 − 1)/4, and 0 for the class of one."""
    value = class_separation(silhouettes(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0, 1])))
    assert value == pytest.approx((0.8 + 0.75 + 0) / 3)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_class_separation_needs_two_classes_and_one_pair(labels: list[int]) -> None:
    assert class_separation(silhouettes(np.array([[0.0], [1.0], [5.0]]), np.array(labels))) is None


def test_codebook_statistics_by_loops() -> None:
    codes = torch.randn(7, 5, generator=torch.Generator().manual_seed(0)) + torch.arange(7.0)[:, None]
    rows = codes.double().numpy()
    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    cosines = [abs(rows[i] @ rows[j]) / np.linalg.norm(rows[i]) / np.linalg.norm(rows[j]) for i, j in pairs]
    correlations = [abs(np.corrcoef(rows[i], rows[j])[0, 1]) for i, j in pairs]
    assert codebook_cosine(codes) == pytest.approx(np.mean(cosines), rel=1e-5)
    assert codebook_correlation(codes) == pytest.approx(np.mean(correlations), rel=1e-5)


def test_codebook_statistics_are_of_the_trained_codes(trainer: Stage1Trainer, metrics: dict[str, float | None]) -> None:
    codes = trainer.tokenizer.codebooks[0].codes
    assert metrics["codebook_corr"] == pytest.approx(codebook_correlation(codes))
    assert metrics["codebook_cos"] == pytest.approx(codebook_cosine(codes))


def test_probes_against_slow_ones() -> None:
    rng = np.random.default_rng(0)
    labels, test_labels = rng.integers(0, 3, 60), rng.integers(0, 3, 90)
    spread = np.array([0.01, 1.0, 30.0, 500.0])
    train = (rng.normal(size=(60, 4)) + 1.2 * labels[:, None]) * spread
    test = (rng.normal(size=(90, 4)) + 1.2 * test_labels[:, None]) * spread
    low, high = train.min(axis=0), train.max(axis=0)
    scaled, scaled_test = (2 * (part - low) / (high - low) - 1 for part in (train, test))
    correct = 0
    for row, label in zip(scaled_test, test_labels, strict=True):
        votes = np.bincount(labels[np.argsort(((scaled - row) ** 2).sum(axis=1))[:5]], minlength=3)
        correct += int(votes.argmax() == label)
    accuracies = probe_accuracies(train, labels, test, test_labels)
    assert accuracies["probe_knn"] == pytest.approx(correct / 90)
    assert accuracies["probe_svm"] == SVC(kernel="linear").fit(scaled, labels).score(scaled_test, test_labels)
    linear = LogisticRegression(max_iter=10_000).fit(scaled, labels)
    assert accuracies["probe_linear"] == linear.score(scaled_test, test_labels)


def test_probes_of_fewer_than_five_training_series() -> None:
    train, labels = np.array([[0.0], [1.0], [10.0]]), np.array([0, 0, 1])
    assert probe_accuracies(train, labels, np.array([[0.4]]), np.array([0]))["probe_knn"] == 1.0
