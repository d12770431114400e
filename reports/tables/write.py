"""Writes tables for a paper into a folder: each as LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from reports.tables.latex import latex_table
from reports.tables.markdown import markdown_table
from reports.tables.paper import Entry, PaperTable

BEST = " *"
"""Behind what is bold elsewhere."""


def write_tables(tables: Sequence[PaperTable], folder: Path) -> None:
    """Write each table as NAME.tex, NAME.md and NAME.csv, and remove those that an earlier report had beside them."""
    for path in [*folder.glob("*.tex"), *folder.glob("*.md")]:
        if path.stem not in {table.name for table in tables}:
            for old in (path, path.with_suffix(".csv")):
                old.unlink(missing_ok=True)
    for table in tables:
        for suffix, text in (
            ("tex", latex_table(table)),
            ("md", markdown_table(table)),
            ("csv", csv_table(table)),
        ):
            (folder / f"{table.name}.{suffix}").write_text(text, encoding="utf-8")


def csv_table(table: PaperTable) -> str:
    """The table as it is read, one line of heads; bold is a star."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.joined_heads)
    for names, entries in zip(table.names, table.entries, strict=True):
        writer.writerow([*names, *map(_entry, entries)])
    return file.getvalue()


def _entry(entry: Entry) -> str:
    return entry.text + BEST if entry.best else entry.text
