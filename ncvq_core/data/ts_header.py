"""The header of a `.ts` file: lines such as `@univariate true`, up to `@data`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ncvq_core.data.labels import Key, class_key
from ncvq_core.data.values import quoted
from ncvq_core.errors import DataError

NO_LABELS = "class labels are missing; name the classes after @classLabel true, end lines in :CLASS"

_BOOLEAN = {"true": True, "false": False}

Tags = dict[str, tuple[int, list[str]]]
"""Line number and words of each tag, by its name in small letters."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a header says; None where it does not."""

    lines: int
    """Lines up to `@data`, this one included."""
    timestamps: bool
    """Whether each value is a pair `(time,value)`."""
    univariate: bool | None
    dimensions: int | None
    equal_length: bool | None
    length: int | None
    classes: dict[Key, str] | None
    """Names of the classes, by what labels are compared by."""


def read_header(path: Path, lines: Sequence[str]) -> Header:
    """Read the header of a file's lines.

    Comments, unknown tags and lines that are no tags are left out, and of a repeated tag the last one counts.

    Raises:
        DataError: a tag has a value that it cannot have, or the file is of a regression.
    """
    tags, count = _tags(path, lines)
    if _boolean(path, tags, "targetLabel"):
        number = tags["targetlabel"][0]
        raise DataError(f"{path}: line {number}: a regression problem (@targetLabel true); series need class labels")
    dimensions = "dimensions" if "dimensions" in tags else "dimension"
    return Header(
        lines=count,
        timestamps=bool(_boolean(path, tags, "timeStamps")),
        univariate=_boolean(path, tags, "univariate"),
        dimensions=_whole(path, tags, dimensions),
        equal_length=_boolean(path, tags, "equalLength"),
        length=_whole(path, tags, "seriesLength"),
        classes=_classes(path, tags),
    )


def _tags(path: Path, lines: Sequence[str]) -> tuple[Tags, int]:
    tags: Tags = {}
    for number, line in enumerate(lines, start=1):
        tag, *words = line.split() or [""]
        if tag.lower() == "@data":
            if words:
                raise DataError(f"{path}: line {number}: @data stands alone, the series follow in the next lines")
            return tags, number
        if tag.startswith("@"):
            tags[tag[1:].lower()] = number, words
    raise DataError(f"{path}: no series in the file: it has no line @data")


def _boolean(path: Path, tags: Tags, tag: str) -> bool | None:
    number, words = tags.get(tag.lower(), (0, None))
    if words is None:
        return None
    if len(words) != 1 or words[0].lower() not in _BOOLEAN:
        raise DataError(f"{path}: line {number}: @{tag} must be true or false, not {quoted(' '.join(words))}")
    return _BOOLEAN[words[0].lower()]


def _whole(path: Path, tags: Tags, tag: str) -> int | None:
    number, words = tags.get(tag.lower(), (0, None))
    if words is None:
        return None
    if len(words) != 1 or not (words[0].isascii() and words[0].isdecimal()) or len(words[0]) > 12:
        raise DataError(f"{path}: line {number}: @{tag} must be a whole number, not {quoted(' '.join(words))}")
    return int(words[0])


def _classes(path: Path, tags: Tags) -> dict[Key, str] | None:
    number, words = tags.get("classlabel", (0, None))
    if words is None:
        return None
    switch = words[0].lower() if words else ""
    if switch not in _BOOLEAN:
        raise DataError(f"{path}: line {number}: @classLabel must be true, followed by the classes, or false")
    if not _BOOLEAN[switch] or len(words) == 1:
        raise DataError(f"{path}: line {number}: {NO_LABELS}")
    return {class_key(word): word for word in words[1:]}
