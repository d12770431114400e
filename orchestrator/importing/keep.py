"""Keeps imported runs in a store, as a sweep of their own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.importing.mapping import Mapping, bad_sweep_name
from orchestrator.importing.rows import Imported, map_rows
from orchestrator.importing.table import ImportingError, Table
from orchestrator.store import Store
from orchestrator.store.lock import exclusive


def keep_imported(table: Table, mapping: Mapping, store: Path, name: str | None = None) -> tuple[str, Imported]:
    """Read a table by a mapping and keep it; importing the same source again replaces what came from it.

    Args:
        table: the runs.
        mapping: what they mean.
        store: the folder of the store; it is made where there is none.
        name: of the sweep; None for that of the mapping.

    Returns:
        The name of the sweep, and what was kept.

    Raises:
        SweepError: the mapping does not fit the table.
        ImportingError: the table has a wrong value, or a sweep of that name came from elsewhere.
        StoreError: the store cannot be written, or another process runs in it.
    """
    sweep = sweep_name(mapping, name)
    imported = map_rows(table, mapping)
    with opened(store, sweep, table.source) as held:
        held.write_imported(sweep, imported.rows)
        held.write_sweep(sweep_record(sweep, table.source, mapping, imported))
    return sweep, imported


def sweep_name(mapping: Mapping, name: str | None) -> str:
    """Return the name of a sweep: that of the mapping where no other is given.

    Raises:
        ImportingError: no sweep can have the name.
    """
    sweep = name or mapping.sweep
    if problem := bad_sweep_name(sweep):
        raise ImportingError(problem)
    return sweep


@contextmanager
def opened(store: Path, sweep: str, source: str) -> Iterator[Store]:
    """Open a store for the import of a sweep, and make it where there is none; nobody else runs in it meanwhile.

    Raises:
        ImportingError: a sweep of that name came from elsewhere.
        StoreError: the store cannot be written, or another process runs in it.
    """
    held = Store(store, create=True)
    with exclusive(held.path, " ".join(["ncvq", *sys.argv[1:]])):
        _check_name(held, sweep, source)
        yield held


def sweep_record(sweep: str, source: str, mapping: Mapping, imported: Imported) -> dict[str, Any]:
    """Return the record of an imported sweep, as the store keeps it."""
    return {
        "name": sweep,
        "description": mapping.description,
        "launched_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "factors": imported.factors,
        "baseline": dict(mapping.baseline),
        "answers": list(mapping.answers),
        "margins": dict(mapping.margins),
        "imported": {"sweep": sweep, "source": source},
        "cells": imported.cells,
    }


def _check_name(store: Store, sweep: str, source: str) -> None:
    """Refuse the name of a sweep that holds something else: results of two sources are never pooled."""
    if sweep not in store.sweep_names():
        return
    origin = store.read_sweep(sweep).get("imported", {}).get("source")
    if origin != source:
        held = f"was imported from {origin}" if origin else "is one that was launched here"
        raise ImportingError(f"sweep {sweep!r} of {store.path} {held}: give another name with --name")
