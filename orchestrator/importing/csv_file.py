"""Reads a CSV file as a table of runs."""

import csv
from collections.abc import Iterator
from pathlib import Path

from orchestrator.importing.table import ImportingError, Row, Table


def read_csv(path: Path) -> Table:
    """Read a CSV file: a head of column names, then a line a run.

    The source is the file's name, so that a copy elsewhere is the same source.

    Raises:
        ImportingError: one line with the file, and the line that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_lines(csv.reader(file, strict=True), path))
    except UnicodeDecodeError as error:
        raise ImportingError(f"{path}: not text in UTF-8 ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise ImportingError(f"{path}: cannot be read: {error.strerror}") from error
    if not lines:
        raise ImportingError(f"{path}: empty; its first line must name the columns")
    (_, head), *rest = lines
    columns = tuple(name.strip() for name in head)
    _check_head(columns, path)
    rows = []
    for line, values in rest:
        if len(values) != len(columns):
            raise ImportingError(f"{path}:{line}: {len(values)} values, but the head names {len(columns)} columns")
        rows.append(Row(place=f"{path}:{line}", values=dict(zip(columns, map(str.strip, values), strict=True))))
    if not rows:
        raise ImportingError(f"{path}: no runs, only the names of columns")
    return Table(source=path.name, columns=columns, rows=tuple(rows))


def _lines(reader: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty, with its number: that of its beginning, where a value has line ends."""
    begins = 1
    try:
        for values in reader:
            if values:
                yield begins, values
            begins = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise ImportingError(f"{path}:{begins}: not valid CSV: {error}") from error


def _check_head(columns: tuple[str, ...], path: Path) -> None:
    for place, name in enumerate(columns):
        if not name:
            raise ImportingError(f"{path}:1: column {place + 1} has no name")
        if name in columns[:place]:
            raise ImportingError(f"{path}:1: column {name!r} is there twice")
