"""The lines of a text file, and the series that each of them holds."""

import codecs
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncvq_core.errors import DataError

_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
BOM = "\ufeff"
"""Byte-order mark: at the start of a file, and where files were put together, at the ends of lines."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class LabelledLine(NamedTuple):
    """One series of a file."""

    values: NDArray[np.float64]
    """(C, L)."""
    label: str
    """As written, without spaces around it."""


class Part(NamedTuple):
    """What one of a dataset's two files holds."""

    series: list[NDArray[np.float64]]
    """(C, L) each, which may differ in L."""
    labels: list[str]
    notes: list[str]
    """What is odd about the file."""


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file in UTF-8; the last one is empty where the file is ended by a line end.

    Raises:
        DataError: the file cannot be read, is empty, or is no text in UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not content:
        raise DataError(f"{path}: the file is empty")
    for start, name in _COMPRESSED.items():
        if content.startswith(start):
            raise DataError(f"{path}: line 1: a {name} file; unpack it first")
    if content.startswith(_UTF16):
        raise DataError(f"{path}: line 1: text in UTF-16 or UTF-32; save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}: cannot be read: {error} in line {line}; save it as UTF-8") from error
    lines = [line.strip(BOM) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if "\0" in text:
        line = next(number for number, line in enumerate(lines, start=1) if "\0" in line)
        raise DataError(f"{path}: line {line}: a NUL character; this is no text in UTF-8")
    return lines


def parse_lines(
    path: Path, numbered: Iterable[tuple[int, str]], last: int, parse: Callable[[str, str], LabelledLine]
) -> list[LabelledLine]:
    """Parse lines, each with its number from 1.

    Args:
        path: the file.
        numbered: those that hold a series.
        last: number of the line that no line end follows.
        parse: takes a line, and the words that begin the message of an error.

    Raises:
        DataError: a line cannot be parsed, or there is none.
    """
    found = []
    for number, line in numbered:
        try:
            found.append(parse(line, f"{path}: line {number}"))
        except DataError as error:
            if number < last:
                raise
            raise DataError(f"{error} (the last line, without a line end: is the file cut off?)") from error
    if not found:
        raise DataError(f"{path}: no series in the file")
    return found
