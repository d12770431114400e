"""The two ends of each scale on which samples are judged: real series against TEST, and noise against TEST.

    python -m replication.scale_ends UCRArchive_2018 FOLDER_OF_FCN_WEIGHTS DATASET …

Real series are TRAIN; noise has mean and standard deviation of TRAIN, and as many series as TEST. CAS is the accuracy
on TEST of the classifier that CAS trains, here on TRAIN itself, repeated where it has fewer series than a synthetic
training set, and on noise with TRAIN's class frequencies.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ncvq_core.data import Dataset, load_dataset
from ncvq_core.errors import DataError
from ncvq_core.evaluation.cas import cas_training, synthetic_labels
from ncvq_core.evaluation.judge import Judge
from ncvq_core.evaluation.spectra import psd_distance
from ncvq_core.fcn import judge_series
from ncvq_core.fcn.checkpoint import read_weights
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries

CPU = torch.device("cpu")


def ends(dataset: Dataset, weights: Path) -> dict[str, dict[str, float | None]]:
    """Return all sample metrics of TRAIN and of noise."""
    found = read_weights(weights, dataset)
    if found is None:
        raise DataError(f"{weights}: no weights for {dataset.name}")
    judge = Judge(found.state, dataset, CPU)
    train, labels = torch.from_numpy(dataset.train), dataset.train_labels
    synthetic = synthetic_labels(labels, len(dataset.classes)).numpy()
    repeated = np.resize(np.arange(len(labels)), len(synthetic))
    draws = torch.Generator().manual_seed(0)

    def noise(count: int) -> Tensor:
        shape = (count, dataset.channels, dataset.length)
        return torch.randn(shape, generator=draws) * train.std() + train.mean()

    def measured(series: Tensor, labelled: Tensor, classes: np.ndarray) -> dict[str, float | None]:
        trainer = FcnTrainer(
            cas_training(0, torch.device("cpu")), LabelledSeries(judge.scaled(labelled), classes), len(dataset.classes)
        )
        while not trainer.finished:
            trainer.step()
        predicted = judge_series(trainer.network, judge.scaled(dataset.test)).logits.argmax(dim=1).numpy()
        accuracy = float((predicted == dataset.test_labels).mean())
        distance = psd_distance(judge.scaled(series), judge.scaled(train))
        return {**judge.judge(series), "cas": accuracy, "psd_distance": distance}

    return {
        "real": measured(train, train[repeated], labels[repeated]),
        "noise": measured(noise(len(dataset.test)), noise(len(synthetic)), synthetic),
    }


if __name__ == "__main__":
    names = ("fid", "is_mean", "cas", "psd_distance", "sample_precision", "sample_recall")
    print("| dataset | series | " + " | ".join(names) + " |")
    print("|---|---|" + "---|" * len(names))
    for name in sys.argv[3:]:
        for series, metrics in ends(load_dataset(name, Path(sys.argv[1])), Path(sys.argv[2])).items():
            print(f"| {name} | {series} | " + " | ".join(f"{metrics[key]:.3g}" for key in names) + " |", flush=True)
