"""Numbers from text, each read in full or refused."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ncvq_core.errors import DataError

QUOTED = 100
"""Most characters of an error that quote a file."""

LARGEST = 1e150
"""Size from which squares leave the range of float64."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_MISSING = {"nan", "+nan", "-nan", "?"}
_HARMLESS = re.compile(r"[-+.0-9eEnNaA \t]*")
"""Text of these characters alone is read by `float` as `_NUMBER` and `_MISSING` say, or refused by it."""


def read_values(cells: Sequence[str], where: str) -> NDArray[np.float64]:
    """Read the values of a channel; NaN, in any case, and `?` are missing ones.

    Args:
        cells: the text of each value, spaces around it allowed.
        where: file and line, which begin the message of an error.

    Raises:
        DataError: a cell is empty or no number, or a number that float64 does not hold or whose square it does not.
    """
    try:
        if not _HARMLESS.fullmatch("".join(cells)):
            raise ValueError
        values = np.array([*map(float, cells)], dtype=np.float64)
    except ValueError:
        values = np.array([_read_value(cell, where) for cell in cells], dtype=np.float64)
    for index in np.flatnonzero(np.abs(values) > LARGEST):
        raise DataError(f"{where}: {quoted(cells[index])} is too large: values go up to {LARGEST:g}")
    for index in np.flatnonzero(values == 0):
        if re.search("[1-9]", re.split("[eE]", cells[index])[0]):
            raise DataError(f"{where}: {quoted(cells[index])} is too small to be told from 0")
    return values


def quoted(text: str) -> str:
    """Return text of a file as an error quotes it."""
    return repr(text.strip()[:QUOTED])


def _read_value(cell: str, where: str) -> float:
    text = cell.strip()
    if not text:
        raise DataError(f"{where}: an empty cell; write NaN for a missing value")
    if text.lower() in _MISSING:
        return float("nan")
    if _INFINITE.fullmatch(text):
        raise DataError(f"{where}: an infinite value, {quoted(cell)}; write NaN for a missing one")
    if not _NUMBER.fullmatch(text):
        raise DataError(f"{where}: {quoted(cell)} is no number")
    return float(text)
