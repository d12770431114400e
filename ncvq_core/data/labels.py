"""Class labels: the text as written, and which texts are the same class."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DIGITS = 40
"""Most digits of a class that is a whole number."""

Key = Decimal | str
"""What a label is compared by: its exact value where it is a number, else its text."""


def class_key(label: str) -> Key:
    """Return what a label is compared by, such that `1`, `01` and `1.0` are one class."""
    stripped = label.strip()
    return Decimal(stripped) if _NUMBER.fullmatch(stripped) else stripped


def whole_number(label: str) -> int | None:
    """Return the whole number that a label is, to the last digit; None where it is none."""
    key = class_key(label)
    if isinstance(key, str) or key.adjusted() >= _DIGITS or key != key.to_integral_value():
        return None
    return int(key)


def number_classes(
    train: Sequence[str], test: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Name and number the classes of two lists of labels.

    A class is named as it is written, by the shortest text where there are several. Numbers come first, by value; then
    texts, whatever their case.

    Returns:
        The names, and the indices of both lists into them.
    """
    keys = {label: class_key(label) for label in {*train, *test}}
    names: dict[Key, str] = {}
    for label in sorted(keys, key=lambda label: (len(label.strip()), label)):
        names.setdefault(keys[label], label.strip())
    ordered = sorted(names, key=_order)
    index = {key: position for position, key in enumerate(ordered)}
    of_train, of_test = (np.array([index[keys[label]] for label in part], dtype=np.int64) for part in (train, test))
    return tuple(names[key] for key in ordered), of_train, of_test


def find_class(label: str, classes: Sequence[str]) -> int | None:
    """Return the index of the class that a label names; None where there is none."""
    keys = [class_key(name) for name in classes]
    return keys.index(class_key(label)) if class_key(label) in keys else None


def listed(names: Iterable[str]) -> str:
    """Return names of classes as a note lists them, without `; `, which separates notes from each other."""
    return ", ".join(name.replace("; ", ", ") for name in names)


def _order(key: Key) -> tuple[int, Decimal, str, str]:
    if isinstance(key, Decimal):
        return 0, key, "", ""
    return 1, Decimal(0), key.lower(), key
