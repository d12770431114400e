"""Reading the two files of a dataset: UCR tab-separated text, or `.ts`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.dataset import Dataset
from ncvq_core.data.labels import number_classes
from ncvq_core.data.notes import label_notes, series_notes
from ncvq_core.data.text import Part
from ncvq_core.data.ts import read_ts
from ncvq_core.data.tsv import read_tsv
from ncvq_core.errors import DataError

FORMATS: dict[str, tuple[Callable[[Path], Part], str]] = {
    ".tsv": (read_tsv, "the first column"),
    ".ts": (read_ts, "at the end of each line"),
}
"""How the files of a suffix are read, and where their labels stand; the first that is there is taken."""


def find_files(folder: Path, name: str) -> tuple[Path, Path] | None:
    """Return the training and test file of a dataset in its folder, None where one is missing."""
    for suffix in FORMATS:
        pair = (folder / f"{name}_TRAIN{suffix}", folder / f"{name}_TEST{suffix}")
        if all(path.is_file() for path in pair):
            return pair
    return None


def check_not_half(folder: Path, name: str) -> None:
    """Check that a folder does not hold one of the two files only.

    Raises:
        DataError: it does.
    """
    half = [path for path in sorted(folder.glob(f"{name}_T*")) if path.suffix in FORMATS and path.is_file()]
    if half:
        raise DataError(f"{name}: only {half[0].name} in {folder}; {name}_TRAIN and {name}_TEST are both needed")


def read_dataset(name: str, files: tuple[Path, Path]) -> Dataset:
    """Read TRAIN and TEST; shorter series are padded with missing values at their end.

    Raises:
        DataError: a file that cannot be read or holds no series, or series that do not fit together.
    """
    read, place = FORMATS[files[0].suffix]
    train, test = (read(path) for path in files)
    where = f"(read from {files[0]} and {files[1].name})"
    channels = {series.shape[0] for series in (*train.series, *test.series)}
    if len(channels) != 1:
        raise DataError(f"{name}: series have different numbers of channels: {sorted(channels)} {where}")
    longest = max(series.shape[1] for series in (*train.series, *test.series))
    padded = _stack(train.series, longest), _stack(test.series, longest)
    classes, *labels = number_classes(train.labels, test.labels)
    of_train, of_test = ([classes[index] for index in part] for part in labels)
    notes = [*train.notes, *test.notes, *series_notes(*padded), *label_notes(of_train, of_test, classes, place)]
    try:
        return Dataset(
            name=name,
            train=padded[0],
            train_labels=labels[0],
            test=padded[1],
            test_labels=labels[1],
            classes=classes,
            notes=tuple(dict.fromkeys(notes)),
        )
    except DataError as error:
        raise DataError(f"{error} {where}") from error


def _stack(series: list[NDArray[np.float64]], length: int) -> NDArray[np.float64]:
    padded = [np.pad(item, ((0, 0), (0, length - item.shape[1])), constant_values=np.nan) for item in series]
    return np.stack(padded)
