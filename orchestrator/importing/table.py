"""A table of runs as another tool wrote it, each row with the place where it stands."""

from dataclasses import dataclass
from typing import Any

from ncvq_core.errors import NcvqError


class ImportingError(NcvqError):
    """A file of results, or a service, that cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run."""

    place: str
    """Where it stands, for an error: file and line, or the path of the run."""
    values: dict[str, Any]
    """By column; empty text or None where there is no value."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Runs of one source."""

    source: str
    """What names the source wherever it lies: ids are made of it."""
    columns: tuple[str, ...]
    """All that any row can have."""
    rows: tuple[Row, ...]
    """In the order of the source."""
