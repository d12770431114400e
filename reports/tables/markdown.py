"""A table as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from reports.claims.markdown import escaped
from reports.tables.paper import Entry, PaperTable


def markdown_table(table: PaperTable) -> str:
    """The caption, and below it the table with one line of heads; text of users is never markup."""
    named = len(table.corner[0])
    heads = [_cell(text) for text in table.joined_heads]
    lines = [_line(heads), _line([":--"] * named + ["--:"] * (len(heads) - named))]
    for names, entries in zip(table.names, table.entries, strict=True):
        lines.append(_line([*map(_cell, names), *map(_entry, entries)]))
    return f"{_cell(table.caption)}\n\n" + "\n".join(lines) + "\n"


def _entry(entry: Entry) -> str:
    return f"**{_cell(entry.text)}**" if entry.best else _cell(entry.text)


def _cell(text: str) -> str:
    return escaped(" ".join(text.split()))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
