"""Keeps imported runs in a store, as a sweep of their own."""

import sys
from datetime import UTC, datetime
from pathlib import Path

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
    sweep = name or mapping.sweep
    if problem := bad_sweep_name(sweep):
        raise ImportingError(problem)
    imported = map_rows(table, mapping)
    opened = Store(store, create=True)
    with exclusive(opened.path, " ".join(["ncvq", *sys.argv[1:]])):
        _check_name(opened, sweep, table.source)
        opened.write_imported(sweep, imported.rows)
        opened.write_sweep(
            {
                "name": sweep,
                "description": mapping.description,
                "launched_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "factors": imported.factors,
                "baseline": dict(mapping.baseline),
                "answers": list(mapping.answers),
                "margins": dict(mapping.margins),
                "imported": {"sweep": sweep, "source": table.source},
                "cells": imported.cells,
            }
        )
    return sweep, imported


def _check_name(store: Store, sweep: str, source: str) -> None:
    """Refuse the name of a sweep that holds something else: results of two sources are never pooled."""
    if sweep not in store.sweep_names():
        return
    origin = store.read_sweep(sweep).get("imported", {}).get("source")
    if origin != source:
        held = f"was imported from {origin}" if origin else "is one that was launched here"
        raise ImportingError(f"sweep {sweep!r} of {store.path} {held}: give another name with --name")
