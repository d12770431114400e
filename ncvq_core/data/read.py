"""Reading the two files of a dataset: UCR tab-separated text, or `.ts`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.dataset import Dataset
from ncvq_core.errors import DataError

FORMATS = (".tsv", ".ts")
REASON_LENGTH = 100
"""Most characters of an error that quote the file."""

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
    half = [path for path in sorted(folder.glob(f"{name}_T*")) if path.suffix in FORMATS and path.is_file()]
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
    longest = max(series.shape[1] for series in (*train, *test))
    classes = sorted({*train_labels, *test_labels}, key=_natural)
    return Dataset(
        name=name,
        train=_stack(train, longest),
        train_labels=np.array([classes.index(label) for label in train_labels], dtype=np.int64),
        test=_stack(test, longest),
        test_labels=np.array([classes.index(label) for label in test_labels], dtype=np.int64),
        classes=tuple(classes),
        notes=(*_notes([*train, *test], longest), *_class_notes(train_labels, test_labels)),
    )


def _read_file(path: Path) -> Split:
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty")
        return _read_tsv(path) if path.suffix == ".tsv" else _read_ts(path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _read_tsv(path: Path) -> Split:
    series, labels = [], []
    with path.open(encoding="utf-8") as lines, np.errstate(over="ignore"):  # becomes infinite, which Dataset refuses
        for number, line in enumerate(lines, start=1):
            if line.strip():
                numbers = _numbers(line, f"{path}: line {number}")
                labels.append(str(int(numbers[0])))
                series.append(np.array([numbers[1:]], dtype=np.float32))
    if not series:
        raise DataError(f"{path}: no series in the file")
    return series, labels


def _numbers(line: str, where: str) -> list[float]:
    """Read a class, a whole number, and the values of a series; `where` begins the message of an error."""
    cells = line.split("\t")
    try:
        numbers = [*map(float, cells)]
    except ValueError as error:
        if not all(cell.strip() for cell in cells):
            raise DataError(f"{where}: an empty cell; write NaN for a missing value") from error
        reason = str(error)[:REASON_LENGTH]
        raise DataError(f"{where}: not tab-separated numbers with the label first: {reason}") from error
    if len(numbers) < 2:
        raise DataError(f"{where}: one column only; write label, tab, values")
    if not numbers[0].is_integer():
        raise DataError(f"{where}: the first column must be a class, a whole number, not {numbers[0]:g}")
    return numbers


def _read_ts(path: Path) -> Split:
    from aeon.datasets import load_from_ts_file  # slow to import, and only this format needs it

    try:
        series, labels, header = load_from_ts_file(str(path), return_meta_data=True)
    except (ValueError, IndexError, AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a .ts file: {error}") from error
    if len(series) == 0:
        raise DataError(f"{path}: no series in the file")
    if header["targetlabel"]:
        raise DataError(f"{path}: a regression problem (@targetLabel true); series need class labels")
    if len(labels) != len(series) or any("," in label for label in labels):  # a label with commas is a channel
        raise DataError(
            f"{path}: class labels are missing; name the classes after @classLabel true, end lines in :CLASS"
        )
    return [np.asarray(item, dtype=np.float32) for item in series], [str(label) for label in labels]


def _stack(series: list[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    padded = [np.pad(item, ((0, 0), (0, length - item.shape[1])), constant_values=np.nan) for item in series]
    return np.stack(padded)


def _valid_length(series: NDArray[np.float32]) -> int:
    """Length without missing values at the end, which is how the archive pads series of unequal length."""
    present = np.flatnonzero(~np.isnan(series).all(axis=0))
    return int(present[-1]) + 1 if len(present) else 0


def _notes(series: list[NDArray[np.float32]], longest: int) -> list[str]:
    notes = []
    of_each = [_valid_length(item) for item in series]
    lengths = set(of_each) - {0}
    if empty := of_each.count(0):
        notes.append(f"{empty} series of missing values only, each replaced by the mean of TRAIN")
    if len(lengths) > 1:
        notes.append(f"series of length {min(lengths)} to {max(lengths)} padded at the end to {longest} with the mean")
    inner = sum(int(np.isnan(item[:, :length]).sum()) for item, length in zip(series, of_each, strict=True))
    if inner:
        notes.append(f"{inner} missing values replaced by the mean of TRAIN")
    return notes


def _class_notes(train: list[str], test: list[str]) -> list[str]:
    """Name the classes that one of the two files lacks."""
    groups = (("in TEST only, which cannot be learned", {*test} - {*train}), ("in TRAIN only", {*train} - {*test}))
    return [f"classes {where}: {', '.join(sorted(names, key=_natural))}" for where, names in groups if names]


def _natural(label: str) -> tuple[int, Any]:
    """Sort numeric labels by value, before textual ones."""
    try:
        return 0, float(label)
    except ValueError:
        return 1, label
