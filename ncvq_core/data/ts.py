"""Reading `.ts`, the format of the UEA archive: a header, then one series a line, its class last.

Channels are separated by colons, values by commas. With timestamps each value is a pair, `(time,value)`.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.labels import class_key
from ncvq_core.data.text import LabelledLine, Part, parse_lines, read_lines
from ncvq_core.data.ts_header import NO_LABELS, Header, read_header
from ncvq_core.data.values import QUOTED, quoted, read_values
from ncvq_core.errors import DataError

TIMES_UNUSED = "timestamps are not used: values count as evenly spaced"

_PAIR = re.compile(r"""\s*\(\s*(?:"[^"]*"|'[^']*'|[^(),"'\s][^(),"']*),([^(),:"']*)\)\s*""")
"""One `(time,value)`; a time with a comma in it is quoted."""


def read_ts(path: Path) -> Part:
    """Read a `.ts` file; blank lines and comments are left out.

    Raises:
        DataError: it cannot be read, contradicts its header, is of a regression, or holds no series.
    """
    lines = read_lines(path)
    header = read_header(path, lines)
    numbered = [
        (number, line.strip())
        for number, line in enumerate(lines[header.lines :], start=header.lines + 1)
        if line.strip() and not line.lstrip().startswith(("#", "%"))
    ]
    found = parse_lines(path, numbered, len(lines), _Parser(header))
    lengths = sorted({each.values.shape[1] for each in found})
    notes = [TIMES_UNUSED] if header.timestamps else []
    if header.equal_length is not False and header.length is not None and lengths != [header.length]:
        written = " to ".join(str(length) for length in sorted({lengths[0], lengths[-1]}))
        notes.append(f"{path.name} says @seriesLength {header.length}, its series have {written} values")
    return Part([each.values for each in found], [each.label for each in found], notes)


class _Parser:
    """Parses the lines of one file, which must be like the header and each other."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.first: tuple[int, int] | None = None
        """Channels and values of the first series."""

    def __call__(self, line: str, where: str) -> LabelledLine:
        split = _with_times if self.header.timestamps else _without_times
        cells, label = split(line, where)
        self._check_label(label, where)
        channels = [read_values(channel, where) for channel in cells]
        if len({len(channel) for channel in channels}) > 1:
            counts = ", ".join(str(len(channel)) for channel in channels)
            raise DataError(f"{where}: the channels of a series have different numbers of values: {counts}")
        values: NDArray[np.float64] = np.stack(channels)
        self._check_size(len(channels), len(channels[0]), where)
        return LabelledLine(values, label)

    def _check_label(self, label: str, where: str) -> None:
        classes = self.header.classes
        if classes is not None and class_key(label) in classes:
            return
        if classes is None and label and "," not in label:
            return
        if not label or "," in label:
            raise DataError(f"{where}: {NO_LABELS}")
        names = ", ".join(classes.values() if classes else ())
        raise DataError(f"{where}: class {quoted(label)} is not among those of @classLabel: {names[:QUOTED]}")

    def _check_size(self, channels: int, length: int, where: str) -> None:
        if self.header.univariate and channels > 1:
            raise DataError(f"{where}: {channels} channels, but the header says @univariate true")
        if self.header.dimensions not in (None, channels):
            raise DataError(f"{where}: {channels} channels, but the header says @dimensions {self.header.dimensions}")
        first = self.first = self.first or (channels, length)
        if channels != first[0]:
            raise DataError(f"{where}: {channels} channels, but the first series has {first[0]}")
        if self.header.equal_length and length != first[1]:
            raise DataError(
                f"{where}: {length} values, but the first series has {first[1]}, and the header says @equalLength true"
            )


def _without_times(line: str, where: str) -> tuple[list[list[str]], str]:
    """Split a line into the values of each channel and the label, which is empty where there is none."""
    series, _, label = line.rpartition(":")
    if not series:
        raise DataError(f"{where}: {NO_LABELS}")
    if "(" in series:
        raise DataError(f"{where}: a parenthesis among the values; pairs (time,value) need @timeStamps true")
    return [channel.split(",") for channel in series.split(":")], label.strip()


def _with_times(line: str, where: str) -> tuple[list[list[str]], str]:
    """Do the same for a line of pairs; each must begin where the one before it ends."""
    channels: list[list[str]] = [[]]
    position = 0
    while True:
        pair = _PAIR.match(line, position)
        if pair is None:
            raise DataError(f"{where}: not (time,value), as @timeStamps true has it: {quoted(line[position:])}")
        channels[-1].append(pair[1])
        after, position = line[pair.end() : pair.end() + 1], pair.end() + 1
        if after == ":":
            if not line[position:].lstrip().startswith("("):
                return channels, line[position:].strip()
            channels.append([])
        elif not after:
            raise DataError(f"{where}: {NO_LABELS}")
        elif after != ",":
            raise DataError(f"{where}: neither a comma nor a colon after (time,value): {quoted(line[pair.end() :])}")
