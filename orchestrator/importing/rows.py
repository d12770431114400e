"""Turns the runs of another tool into rows and cells of a sweep, by a mapping."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ncvq_core.errors import unknown_name
from orchestrator.importing.mapping import FactorColumn, Mapping
from orchestrator.importing.table import ImportingError, Row, Table
from orchestrator.store.schema import FLAG, NUMBER, SETTINGS, TEXT, WHOLE
from orchestrator.store.status import Status
from orchestrator.sweepfile.sweep import Label

FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a table becomes."""

    rows: list[dict[str, Any]]
    """Of the store's table of imported runs."""
    factors: dict[str, list[Label]]
    """The levels that occur, of each factor."""
    cells: list[dict[str, Any]]
    """Of the sweep's record: trial_id and levels."""
    left_out: dict[str, int]
    """Runs of a kind that the mapping does not name, by kind."""


def imported_id(source: str, run_id: str) -> str:
    """Return the id of an imported run: 12 hex digits of SHA-256 over its source and its own id.

    Its settings are no part of it: runs of one setting stay apart, and none is taken for a trial of ours.
    """
    return hashlib.sha256(json.dumps(["imported", source, run_id]).encode()).hexdigest()[:12]


def map_rows(table: Table, mapping: Mapping) -> Imported:
    """Read each run of a table by a mapping.

    Raises:
        SweepError: the mapping names a column, a kind or a baseline that the table lacks.
        ImportingError: a value of the table is not what the mapping says, or a run is there twice.
    """
    mapping.check(table)
    kinds = [row.values[mapping.kind] if mapping.kind else None for row in table.rows]
    kept = [row for row, kind in zip(table.rows, kinds, strict=True) if kind in mapping.metrics]
    seen: dict[str, str] = {}
    rows = []
    for row in kept:
        run_id = _run_id(row, mapping, seen)
        levels = {factor.name: _level(row, factor, mapping) for factor in mapping.factors}
        kind = str(row.values[mapping.kind]) if mapping.kind else None
        metrics = {metric: _number(row, column) for metric, column in mapping.metrics[kind].items()}
        origin = {"source": table.source, "run_id": run_id, "run_kind": kind, "status": Status.DONE}
        rows.append({"trial_id": imported_id(table.source, run_id), **origin, **levels, **metrics})
    factors = {factor.name: _levels_in_order(factor, rows) for factor in mapping.factors}
    _check_baseline(mapping, factors)
    names = tuple(factors)
    return Imported(
        rows=rows,
        factors=factors,
        cells=[{"trial_id": row["trial_id"], "levels": {name: row[name] for name in names}} for row in rows],
        left_out=dict(Counter(str(kind) for kind in kinds if kind not in mapping.metrics)),
    )


def _run_id(row: Row, mapping: Mapping, seen: dict[str, str]) -> str:
    run_id = str(row.values[mapping.run] or "")
    if not run_id:
        raise ImportingError(f"{row.place}: {mapping.run} is empty, but tells runs apart")
    if run_id in seen:
        raise ImportingError(f"{row.place}: {mapping.run} {run_id!r} is that of {seen[run_id]} too")
    seen[run_id] = row.place
    return run_id


def _level(row: Row, factor: FactorColumn, mapping: Mapping) -> Label | None:
    """Return the level of a factor; None where the run has none."""
    written = row.values[factor.column]
    if written is None or written == "":
        if factor.name == "dataset":
            raise ImportingError(f"{row.place}: {factor.column} is empty, but each run needs its dataset")
        return None
    if factor.levels and str(written) not in factor.levels:
        where = mapping.source.origins[(*factor.path[:-1], "levels")]
        unknown = unknown_name(f"level of {factor.column}", str(written), factor.levels)
        raise ImportingError(f"{row.place}: {unknown}; {where} says what each means")
    value = factor.levels.get(str(written), written) if factor.levels else written
    level = _typed(value, SETTINGS[factor.name])
    if level is None:
        words = {WHOLE: "a whole number", NUMBER: "a number", FLAG: "true or false", TEXT: "text"}
        raise ImportingError(f"{row.place}: {factor.column} = {value!r}: must be {words[SETTINGS[factor.name]]}")
    return level


def _typed(value: Any, kind: Any) -> Label | None:
    """Return a level as the store holds it; None where it is not of that kind."""
    if kind == TEXT:
        return value if isinstance(value, str) else None if isinstance(value, list | dict) else str(value)
    if kind == FLAG:
        return value if isinstance(value, bool) else FLAGS.get(str(value).lower())
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return (int(number) if number.is_integer() else None) if kind == WHOLE else number


def _number(row: Row, column: str) -> float | None:
    """Return a metric; None where the run has none."""
    written = row.values[column]
    if written is None or written == "":
        return None
    try:
        return float(written)
    except (TypeError, ValueError):
        raise ImportingError(f"{row.place}: {column} = {written!r}: must be a number") from None


def _levels_in_order(factor: FactorColumn, rows: Iterable[dict[str, Any]]) -> list[Label]:
    """Return the levels that occur: in the order of the mapping's list, else as they come."""
    found = list(dict.fromkeys(row[factor.name] for row in rows if row[factor.name] is not None))
    listed = [_typed(level, SETTINGS[factor.name]) for level in factor.levels.values()]
    return [level for level in dict.fromkeys([*listed, *found]) if level in found and level is not None]


def _check_baseline(mapping: Mapping, factors: dict[str, list[Label]]) -> None:
    for name, level in mapping.baseline.items():
        if level not in factors[name]:
            valid = [str(each) for each in factors[name]]
            raise mapping.source.error(str(unknown_name(f"level of {name}", level, valid)), "baseline", name)
