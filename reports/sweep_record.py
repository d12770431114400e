"""The record of a sweep in a store: found by its name, and with its first seeds only."""

from __future__ import annotations

import difflib
from typing import Any

from orchestrator.store import Store
from reports.errors import ReportError


def read_record(store: Store, name: str) -> dict[str, Any]:
    """Return a sweep as it was launched last.

    Raises:
        ReportError: the store has none of that name.
    """
    names = store.sweep_names()
    if name in names:
        return store.read_sweep(name)
    if not names:
        raise ReportError(
            f"the store {store.path} holds no sweep yet: launch one with `ncvq launch SWEEP --store {store.path}`"
        )
    nearest = sorted(names, key=lambda known: -difflib.SequenceMatcher(a=name, b=known).ratio())
    raise ReportError(f"sweep {name!r} is not in the store {store.path}; it holds: {', '.join(nearest)}")


def of_first_seeds(document: dict[str, Any], seeds: int) -> dict[str, Any]:
    """Return the record of a sweep with its first seeds only.

    Raises:
        ReportError: it has fewer.
    """
    launched = document["factors"].get("seed", [None])
    if seeds > len(launched):
        raise ReportError(f"--seeds {seeds}: the sweep {document['name']} was launched with {len(launched)}")
    kept = launched[:seeds]
    cells = [cell for cell in document["cells"] if cell["levels"].get("seed") in kept]
    factors = {**document["factors"], **({"seed": kept} if "seed" in document["factors"] else {})}
    fewer = {"seeds_launched": len(launched)} if seeds < len(launched) else {}
    return {**document, "cells": cells, "factors": factors, **fewer}
