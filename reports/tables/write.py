"""Writes tables for a paper into a folder: each as LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ncvq_core.metrics import metric_names, metrics_by_name
from reports.tables.latex import latex_table
from reports.tables.markdown import markdown_table
from reports.tables.paper import BESIDE, MEANS, RANKS, Entry, PaperTable

BEST = " *"
"""Behind what is bold elsewhere."""


def write_tables(tables: Sequence[PaperTable], folder: Path) -> None:
    """Write each table as NAME.tex, NAME.md and NAME.csv, and remove those that an earlier report had beside them."""
    further = {f"{MEANS}{name}" for name in metrics_by_name()}
    for name in (OWN | further) - {table.name for table in tables}:
        for suffix in SUFFIXES:
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    for table in tables:
        for suffix, text_of in SUFFIXES.items():
            (folder / f"{table.name}.{suffix}").write_text(text_of(table), encoding="utf-8")


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


SUFFIXES = {"tex": latex_table, "md": markdown_table, "csv": csv_table}
OWN = frozenset({RANKS, BESIDE, *(f"{MEANS}{name}" for name in metric_names())})
"""Names of all tables that there can be."""
