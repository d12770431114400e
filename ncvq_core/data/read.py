"""Reading the two files of a dataset: UCR tab-separated text, or `.ts`."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.dataset import Dataset
from ncvq_core.errors import DataError

FORMATS = (".tsv", ".ts")

Split = tuple[list[NDArray[np.float32]], list[str]]


def find_files(folder: Path, name: str) -> tuple[Path, Path] | None:
    """Return the training and test file of a dataset in its folder, None where one is missing."""
    for suffix in FORMATS:
        pair = (folder / f"{name}_TRAIN{suffix}", folder / f"{name}_TEST{suffix}")
        if all(path.is_file() for path in pair):
            return pair
    return None


def check_not_half(folder: Path, name: str) -> None:
    """Complain about a folder that holds one of the two files only.

    Raises:
        DataError: it does.
    """
    half = [path for path in sorted(folder.glob(f"{name}_T*")) if path.suffix in FORMATS]
    if half:
        raise DataError(f"{name}: only {half[0].name} in {folder}; {name}_TRAIN and {name}_TEST are both needed")


def read_dataset(name: str, files: tuple[Path, Path]) -> Dataset:
    """Read TRAIN and TEST; shorter series are padded with missing values at their end.

    Raises:
        DataError: a file that cannot be read or holds no series, or series that do not fit together.
    """
    (train, train_labels), (test, test_labels) = (_read_file(path) for path in files)
    channels = {series.shape[0] for series in (*train, *test)}
    if len(channels) != 1:
        raise DataError(f"{name}: series have different numbers of channels: {sorted(channels)}")
    lengths = {_valid_length(series) for series in (*train, *test)}
    longest = max(series.shape[1] for series in (*train, *test))
    classes = sorted({*train_labels, *test_labels}, key=_natural)
    return Dataset(
        name=name,
        train=_stack(train, longest),
        train_labels=np.array([classes.index(label) for label in train_labels], dtype=np.int64),
        test=_stack(test, longest),
        test_labels=np.array([classes.index(label) for label in test_labels], dtype=np.int64),
        classes=tuple(classes),
        notes=tuple(_notes([*train, *test], lengths, longest)),
    )


def _read_file(path: Path) -> Split:
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty")
        return _read_tsv(path) if path.suffix == ".tsv" else _read_ts(path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _read_tsv(path: Path) -> Split:
    try:
        with warnings.catch_warnings(action="ignore"):  # of a file without lines, which is an error below
            table = np.loadtxt(path, delimiter="\t", ndmin=2, encoding="utf-8")
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not tab-separated numbers with the label first: {reason}") from error
    if len(table) == 0:
        raise DataError(f"{path}: no series in the file")
    if table.shape[1] < 2:
        raise DataError(f"{path}: one column only; write label, tab, values")
    labels = table[:, 0]
    wrong = ~np.isfinite(labels) | (labels != np.round(labels))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{path}: series {row + 1}: the first column must be a class, a whole number, not {labels[row]:g}"
        )
    with np.errstate(over="ignore"):  # becomes infinite, which Dataset refuses
        series = table[:, None, 1:].astype(np.float32)
    return list(series), [str(int(label)) for label in labels]


def _read_ts(path: Path) -> Split:
    from aeon.datasets import load_from_ts_file  # slow to import, and only this format needs it

    try:
        series, labels = load_from_ts_file(str(path))
    except (ValueError, IndexError, AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a .ts file: {error}") from error
    if len(series) == 0:
        raise DataError(f"{path}: no series in the file")
    return [np.asarray(item, dtype=np.float32) for item in series], [str(label) for label in labels]


def _stack(series: list[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    padded = [np.pad(item, ((0, 0), (0, length - item.shape[1])), constant_values=np.nan) for item in series]
    return np.stack(padded)


def _valid_length(series: NDArray[np.float32]) -> int:
    """Length without missing values at the end, which is how the archive pads series of unequal length."""
    present = np.flatnonzero(~np.isnan(series).all(axis=0))
    return int(present[-1]) + 1 if len(present) else 0


def _notes(series: list[NDArray[np.float32]], lengths: set[int], longest: int) -> list[str]:
    notes = []
    if len(lengths) > 1:
        notes.append(f"series of length {min(lengths)} to {max(lengths)} padded at the end to {longest} with the mean")
    inner = sum(int(np.isnan(item[:, : _valid_length(item)]).sum()) for item in series)
    if inner:
        notes.append(f"{inner} missing values replaced by the mean of TRAIN")
    return notes


def _natural(label: str) -> tuple[int, Any]:
    """Sort numeric labels by value, before textual ones."""
    try:
        return 0, float(label)
    except ValueError:
        return 1, label
