"""Turns the runs of another tool into rows and cells of a sweep, by a mapping."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ncvq_core.config.tokenizer import NO_SSL, SSL_SETTINGS
from ncvq_core.errors import unknown_name
from orchestrator.importing.mapping import Mapping
from orchestrator.importing.mapping_parts import FactorColumn
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
    kinds = [mapping.kind_of(row.values) for row in table.rows]
    if problem := mapping.problem(table.columns, set(kinds)):
        raise problem
    kept = [row for row, kind in zip(table.rows, kinds, strict=True) if kind in mapping.metrics]
    _check_run_ids(kept, mapping)
    left_out = Counter(str(kind) for kind in kinds if kind not in mapping.metrics)
    return summed_up([map_row(row, mapping) for row in kept], mapping, dict(left_out))


def map_row(row: Row, mapping: Mapping) -> dict[str, Any]:
    """Return the row of the store's table that a run becomes, of a kind that the mapping names.

    Without SSL, settings of the augmented view have no effect and no level, as in a sweep of ours.

    Raises:
        ImportingError: a value of the run is not what the mapping says.
    """
    run_id = str(row.values[mapping.run])
    kind = mapping.kind_of(row.values)
    levels = {factor.name: _level(row, factor, mapping) for factor in mapping.factors}
    if levels.get("ssl") == NO_SSL:
        levels |= {name: None for name in levels if name in SSL_SETTINGS}
    metrics = {metric: _number(row, column) for metric, column in mapping.metrics[kind].items()}
    origin = {"source": row.source, "run_id": run_id, "run_kind": kind, "status": Status.DONE}
    return {"trial_id": imported_id(row.source, run_id), **origin, **levels, **metrics}


def summed_up(rows: list[dict[str, Any]], mapping: Mapping, left_out: dict[str, int]) -> Imported:
    """Return what rows become together: the levels that occur, and the cells of the sweep.

    Raises:
        SweepError: the baseline is no level of them.
    """
    factors = {factor.name: _levels_in_order(factor, rows) for factor in mapping.factors}
    _check_baseline(mapping, factors)
    return Imported(
        rows=rows,
        factors=factors,
        cells=[{"trial_id": row["trial_id"], "levels": {name: row[name] for name in factors}} for row in rows],
        left_out=left_out,
    )


def _check_run_ids(rows: Iterable[Row], mapping: Mapping) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        run_id = str(row.values[mapping.run] or "")
        if not run_id:
            raise ImportingError(f"{row.place}: {mapping.run} is empty, but tells runs apart")
        if run_id in seen:
            raise ImportingError(f"{row.place}: {mapping.run} {run_id!r} is that of {seen[run_id]} too")
        seen[run_id] = row.place


def _level(row: Row, factor: FactorColumn, mapping: Mapping) -> Label | None:
    """Return the level of a factor; None where the run has none."""
    written = row.values.get(factor.column, factor.fixed)
    if written in (None, "") and "" not in factor.levels:
        if factor.name == "dataset":
            raise ImportingError(f"{row.place}: {factor.column} is empty, but each run needs its dataset")
        return None
    written = "" if written is None else written
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
    written = row.values.get(column)
    if written in (None, ""):
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
