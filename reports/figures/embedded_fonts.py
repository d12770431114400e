"""What of a font goes into a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fontTools import subset

LAYOUT_TABLES = ("GDEF", "GPOS", "GSUB")
"""By these a program lays letters out; in a PDF each letter has its place."""
_DROPPED = "_drop_tables_default"


@contextmanager
def without_layout_tables() -> Iterator[None]:
    """Let matplotlib embed fonts without LAYOUT_TABLES, which it never needs there: half the time of a PDF.

    It takes what fontTools drops by default and has no setting of its own; a fontTools without that default embeds all.
    """
    usual = getattr(subset.Options, _DROPPED, None)
    if usual is None:
        yield
        return
    setattr(subset.Options, _DROPPED, [*usual, *LAYOUT_TABLES])
    try:
        yield
    finally:
        setattr(subset.Options, _DROPPED, usual)
