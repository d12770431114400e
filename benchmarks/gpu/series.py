"""Datasets for checks: made here, or the archive's."""

from pathlib import Path

import numpy as np

from ncvq_core.data import Dataset, load_dataset

SHAPES = {"Tiny": (24, 12, 16, 2), "Small": (48, 24, 64, 3), "ECG5000": (500, 20, 140, 5), "FordA": (3601, 20, 500, 2)}
"""Series in TRAIN and TEST, points of a series, and classes: those of the archive, but for TEST."""


def made(name: str) -> Dataset:
    """Return noisy waves of the shape of a dataset, whose frequency is their class."""
    train, test, length, classes = SHAPES[name]
    draws = np.random.default_rng(0)
    labels = np.arange(train + test) % classes
    time = np.arange(length) * (labels[:, None] + 1) * 4 * np.pi / length
    waves = np.sin(time + draws.uniform(0, 2 * np.pi, (train + test, 1))) + 0.1 * draws.normal(size=time.shape)
    series = waves[:, None].astype(np.float32)
    return Dataset(
        name=name,
        train=series[:train],
        train_labels=labels[:train],
        test=series[train:],
        test_labels=labels[train:],
        classes=tuple(str(index) for index in range(classes)),
    )


def dataset(name: str, data_dir: Path | None) -> Dataset:
    """Return a dataset of the archive, or one of its shape where there is no archive."""
    return made(name) if data_dir is None else load_dataset(name, data_dir)


def write(data: Dataset, folder: Path) -> None:
    """Write a dataset of one channel as the archive has it."""
    (folder / data.name).mkdir(parents=True)
    for part, series, labels in (("TRAIN", data.train, data.train_labels), ("TEST", data.test, data.test_labels)):
        table = np.column_stack([labels, series[:, 0].astype(np.float64)])
        np.savetxt(folder / data.name / f"{data.name}_{part}.tsv", table, delimiter="\t", fmt="%.9g")
