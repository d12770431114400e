"""What a table for a paper holds, whatever the format that it is written in."""

from __future__ import annotations

from dataclasses import dataclass

MEANS, RANKS, BESIDE = "means_", "ranks", "beside"
"""The beginning of the names of tables of means, and the names of that of ranks and of that of another sweep."""
JOINED = " · "
"""Between the levels of several factors in one head."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What stands in one place of a table."""

    text: str
    """As people read it; the text of users is no markup."""
    best: bool = False
    """It is shown in bold."""


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """A table: columns that name a row, then columns of values."""

    name: str
    """Of its files, without folder and suffix."""
    sweep: str
    """Of the sweep, for the label to refer to."""
    caption: str
    """One paragraph."""
    corner: tuple[tuple[str, ...], ...]
    """For each line of the head, a text over each column that names a row."""
    heads: tuple[tuple[str, ...], ...]
    """For each line of the head, a text over each column of values."""
    names: tuple[tuple[str, ...], ...]
    """For each row, its name: one text a column of the corner."""
    entries: tuple[tuple[Entry, ...], ...]
    """For each row, one entry a column of values."""

    @property
    def joined_heads(self) -> list[str]:
        """The head in one line, for formats that have no more."""
        columns = [*zip(*self.corner, strict=True), *zip(*self.heads, strict=True)]
        return [JOINED.join(filter(None, texts)) for texts in columns]
