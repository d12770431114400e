"""Notes on what is unusual about a dataset's series and labels, and how it is treated, one sentence each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.labels import listed

Values = NDArray[np.float64]


def series_notes(train: Values, test: Values) -> list[str]:
    """Return notes on series (n, C, L) and (m, C, L), padded to one length with missing values."""
    series = np.concatenate([train, test])
    return [*_missing(series), *_constant(train, series), *_shared(train, test)]


def label_notes(train: Sequence[str], test: Sequence[str], classes: Sequence[str], place: str) -> list[str]:
    """Return notes on the classes of series, given by name in the order of `classes`; `place` is where labels stand."""
    only = [(name, name in test) for name in classes if (name in test) != (name in train)]
    notes = []
    for where, of_test in (("in TEST only, which cannot be learned", True), ("in TRAIN only", False)):
        if names := [name for name, in_test in only if in_test == of_test]:
            notes.append(f"classes {where}: {listed(names)}")
    if len(classes) == 1:
        notes.append("all series are of one class")
    count, found = len(train), len({*train})
    if found >= max(3, count - count // 5):
        many = "as many classes as series" if found == count else "almost as many classes as series"
        notes.append(f"{many} in TRAIN ({found} classes, {count} series): is the class {place}?")
    return notes


def _missing(series: Values) -> list[str]:
    notes = []
    of_each = _valid_lengths(series)
    lengths, longest = set(of_each) - {0}, series.shape[2]
    if empty := of_each.count(0):
        notes.append(f"{empty} series of missing values only, each replaced by the mean of TRAIN")
    if len(lengths) > 1:
        notes.append(f"series of length {min(lengths)} to {max(lengths)} padded at the end to {longest} with the mean")
    inner = sum(int(np.isnan(item[:, :length]).sum()) for item, length in zip(series, of_each, strict=True))
    if inner:
        notes.append(f"{inner} missing values replaced by the mean of TRAIN")
    return notes


def _constant(train: Values, series: Values) -> list[str]:
    whole = [channel for channel in range(train.shape[1]) if _is_constant(train[:, channel])]
    if len(whole) == train.shape[1]:
        return ["TRAIN is constant: there is nothing to learn"]
    notes = []
    if whole:
        notes.append(f"channels that are constant in TRAIN: {', '.join(str(channel + 1) for channel in whole)}")
    count = sum(all(_is_constant(channel) for channel in item) and not np.isnan(item).all() for item in series)
    if count:
        notes.append(f"{count} series {'is' if count == 1 else 'are'} constant")
    return notes


def _shared(train: Values, test: Values) -> list[str]:
    """Count the series of TEST that TRAIN holds as well, value for value."""
    of_train, of_test = (
        [np.where(np.isnan(item), np.nan, item + 0.0).tobytes() for item in part if not np.isnan(item).all()]
        for part in (train, test)
    )  # one nan, and no negative zero
    known = set(of_train)
    count = sum(item in known for item in of_test)
    return [f"{count} series of TEST {'is' if count == 1 else 'are'} in TRAIN, too"] if count else []


def _is_constant(values: Values) -> bool:
    present = values[~np.isnan(values)]
    return not len(present) or bool(present.min() == present.max())


def _valid_lengths(series: Values) -> list[int]:
    """Lengths without missing values at the end, which is how the archive pads series of unequal length."""
    present = np.asarray(~np.isnan(series).all(axis=1))
    last = series.shape[2] - np.argmax(present[:, ::-1], axis=1)
    return [int(length) for length in np.where(present.any(axis=1), last, 0)]
