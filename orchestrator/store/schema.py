"""Schemas of the store's tables, written out: what a column is called and holds changes with the version alone."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from ncvq_core.metrics import metric_names, metrics_by_name
from orchestrator.store.stages import DETAILS, ID_COLUMNS, OWN_NAMES, OWN_STAGES

SCHEMA_VERSION = 3
"""Version of the store's layout and of both tables, raised with each change of them.

2: stage 2 and its samples. 3: part files, checksums, `numerics_version`.
"""

TEXT, WHOLE, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

COLUMN_TYPES = {str: TEXT, int: WHOLE, float: NUMBER, bool: FLAG}

SETTINGS = {name: COLUMN_TYPES[kind] for stage in OWN_STAGES for name, kind in stage.settings.items()}
"""A trial's config."""

METRICS = metric_names()

TIMINGS = {"seconds": NUMBER, "peak_memory_bytes": WHOLE}

TIMING_COLUMNS = {f"{stage}_{name}": kind for stage in OWN_NAMES for name, kind in TIMINGS.items()}
"""What each stage took."""

PROVENANCE = {
    "started_at": pa.timestamp("us", tz="UTC"), "ncvq_version": TEXT, "numerics_version": WHOLE, "git_commit": TEXT,
    "git_dirty": FLAG, "python_version": TEXT, "torch_version": TEXT, "package_versions": TEXT, "data_checksum": TEXT,
    "data_notes": TEXT, "host": TEXT, "device": TEXT, "device_name": TEXT, "threads": WHOLE, "dtype": TEXT,
}  # fmt: skip

_METADATA = {"ncvq_schema": str(SCHEMA_VERSION)}

TRIALS = pa.schema(
    {
        **dict.fromkeys(("trial_id", *ID_COLUMNS.values(), "status", "error", "traceback"), TEXT),
        **SETTINGS,
        **dict.fromkeys(METRICS, NUMBER),
        **dict.fromkeys(DETAILS, TEXT),
        **TIMING_COLUMNS,
        **PROVENANCE,
        "config_json": TEXT,
    },
    metadata=_METADATA,
)
"""One row a trial."""

HISTORY_TABLE = pa.schema(
    {
        "trial_id": TEXT,
        "stage": TEXT,
        "epoch": WHOLE,
        **dict.fromkeys((name for stage in OWN_STAGES for name in stage.history), NUMBER),
    },
    metadata=_METADATA,
)
"""One row a trial, stage and epoch."""


def is_further(column: str) -> bool:
    """Whether a column is of a further metric, which a plugin may have brought."""
    return column not in TRIALS.names and column in metrics_by_name()


def with_further(schema: pa.Schema, columns: Iterable[str]) -> pa.Schema:
    """Return a schema with columns of further metrics behind its own."""
    for name in columns:
        schema = schema.append(pa.field(name, NUMBER))
    return schema


def table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; what a row lacks is null. Further metrics are columns behind those of the schema.

    Raises:
        ValueError: a row has a column that the schema does not know.
    """
    further = dict.fromkeys(name for row in rows for name in row if is_further(name))
    schema = with_further(schema, further)
    known = set(schema.names)
    for row in rows:
        if unknown := row.keys() - known:
            raise ValueError(f"columns outside the schema: {sorted(unknown)}")
    return pa.Table.from_pylist(rows, schema=schema)


def conform(content: pa.Table, schema: pa.Schema, added: dict[str, Any]) -> pa.Table:
    """Bring a table of an older schema up to date: what it lacks is null, or as `added` says; all else it keeps."""
    schema = with_further(schema, (name for name in content.column_names if name not in schema.names))
    columns = []
    for field in schema:
        if field.name in content.column_names:
            columns.append(content.column(field.name).cast(field.type))
        else:
            columns.append(pa.repeat(pa.scalar(added.get(field.name), field.type), len(content)))
    return pa.Table.from_arrays(columns, schema=schema)
