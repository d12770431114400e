"""Sweeps as they were launched: one file each, with one row a cell."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestrator.store.atomic import read_json
from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.parts import TRIAL_ID, read_part, write_part
from orchestrator.store.stage_folder import bytes_checksum

_DESIGN = ("factors", "baseline", "cells")
_RECORD = b"ncvq_sweep"
"""Key of the file's metadata: all of the record but the cells, as JSON."""


def write_sweep(folder: Path, record: dict[str, Any]) -> str | None:
    """Keep a sweep's factors and cells; an earlier sweep of that name with another design is kept too.

    The designs of a race follow from its looks: the last one takes the place of those before.

    Returns:
        The name that the earlier one has from now on; None where there is none.
    """
    other = _other_design(read_or_none(folder, record["name"]), record)
    if other is not None:
        _write(folder, other)
    _write(folder, record)
    return other["name"] if other else None


def sweep_names(folder: Path) -> list[str]:
    """Return the names of all sweeps, sorted."""
    return sorted({path.stem for pattern in ("[!.]*.parquet", "[!.]*.json") for path in folder.glob(pattern)})


def read_sweep(folder: Path, name: str) -> dict[str, Any]:
    """Return a sweep as it was launched last.

    Returns:
        `name`, `description`, `launched_at`, `factors` (levels by factor), `baseline`, and `cells`: of each `trial_id`
        and `levels`, the label of each factor, None where it has no effect.

    Raises:
        FileNotFoundError: it never was.
        DamagedError: its file is not what was written.
    """
    path = folder / f"{name}.parquet"
    if not path.exists():
        return _read_older(folder / f"{name}.json")
    content = read_part(path)
    try:
        record: dict[str, Any] = json.loads(content.schema.metadata[_RECORD])
        labels = {factor: {str(level): level for level in levels} for factor, levels in record["factors"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"sweeps/{path.name}: not the record of a sweep ({error!r}); launch it again") from error
    cells = [
        {"trial_id": row.pop(TRIAL_ID), "levels": {name: labels[name].get(text) for name, text in row.items()}}
        for row in content.to_pylist()
    ]
    return {**record, "cells": cells}


def read_or_none(folder: Path, name: str) -> dict[str, Any] | None:
    """Return a sweep as it was launched last; None where it never was, or its file is damaged."""
    try:
        return read_sweep(folder, name)
    except (StoreError, FileNotFoundError):
        return None


def upgrade_sweeps(folder: Path) -> None:
    """Write the sweeps of an older ncvq as this one does."""
    for path in sorted(folder.glob("[!.]*.json")):
        record = read_or_none(folder, path.stem)
        if record is not None:
            _write(folder, {"name": path.stem, **record})
            path.unlink()


def _read_older(path: Path) -> dict[str, Any]:
    try:
        record = read_json(path)
    except ValueError as error:
        raise DamagedError(f"sweeps/{path.name}: cannot be read ({error}); launch it again") from error
    if lacking := {"name", *_DESIGN} - record.keys():
        raise DamagedError(f"sweeps/{path.name}: not the record of a sweep, lacks {sorted(lacking)}; launch it again")
    return record


def _write(folder: Path, record: dict[str, Any]) -> None:
    factors = list(record["factors"])
    described = {key: value for key, value in record.items() if key != "cells"}
    texts = {factor: [_text(cell["levels"].get(factor)) for cell in record["cells"]] for factor in factors}
    columns = {TRIAL_ID: [cell["trial_id"] for cell in record["cells"]], **texts}
    schema = pa.schema(dict.fromkeys(columns, pa.string()), metadata={_RECORD: json.dumps(described)})
    write_part(folder / f"{record['name']}.parquet", pa.table(columns, schema=schema))


def _text(label: object) -> str | None:
    return None if label is None else str(label)


def _other_design(earlier: dict[str, Any] | None, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return an earlier launch of a sweep under a name of its own; None without one, or with the same design."""
    if earlier is None or all(earlier[part] == record[part] for part in _DESIGN) or _same_study(earlier, record):
        return None
    if earlier.get("raced") and record.get("raced"):
        return None
    text = json.dumps([earlier[part] for part in _DESIGN], sort_keys=True)
    return {**earlier, "name": f"{record['name']}-{bytes_checksum(text.encode())[:8]}"}


def _same_study(earlier: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether two records are of one search, which gets further trials as it goes on."""
    studies = [(each.get("search") or {}).get("study") for each in (earlier, record)]
    return studies[0] is not None and studies[0] == studies[1]
