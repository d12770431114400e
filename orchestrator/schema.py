"""Schemas of the store's tables."""

import dataclasses
import typing
from typing import Any

import pyarrow as pa

from ncvq_core.samples_run import SAMPLE_METRICS
from ncvq_core.settings import value_type
from ncvq_core.stage1 import HISTORY
from ncvq_core.stage1_config import Stage1Config
from ncvq_core.stage1_run import EVALUATED
from ncvq_core.stage2_config import SamplingConfig, Stage2Config
from ncvq_core.stage2_run import PRIOR_METRICS
from orchestrator.stages import TIMED

SCHEMA_VERSION = 2
"""Version of the store's layout and of both tables, raised with each change of them. 2: stage 2 and its samples."""

METRICS = (*EVALUATED, *PRIOR_METRICS, *SAMPLE_METRICS)

_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _config_fields() -> list[tuple[str, pa.DataType]]:
    text = {"ssl": pa.string(), "augmentations": pa.string(), "band_augmentations": pa.string()}
    columns = []
    for part in (Stage1Config, Stage2Config, SamplingConfig):
        hints = typing.get_type_hints(part)
        names = [field.name for field in dataclasses.fields(part)]
        columns += [(name, text.get(name) or _ARROW[value_type(hints[name])[0]]) for name in names]
        columns += [("stages", pa.int64())] if part is Stage1Config else []
    return columns


def _timing_fields() -> list[tuple[str, pa.DataType]]:
    kinds = {"seconds": pa.float64(), "peak_memory_bytes": pa.int64()}
    return [(f"{stage}_{name}", kind) for stage in TIMED for name, kind in kinds.items()]


TRIALS = pa.schema(
    [
        ("trial_id", pa.string()),
        ("stage1_id", pa.string()),
        ("stage2_id", pa.string()),
        ("samples_id", pa.string()),
        ("status", pa.string()),
        ("error", pa.string()),
        ("traceback", pa.string()),
        *_config_fields(),
        *((name, pa.float64()) for name in METRICS),
        ("fid_by_class", pa.string()),
        ("fcn", pa.string()),
        *_timing_fields(),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("ncvq_version", pa.string()),
        ("git_commit", pa.string()),
        ("git_dirty", pa.bool_()),
        ("python_version", pa.string()),
        ("torch_version", pa.string()),
        ("package_versions", pa.string()),
        ("data_checksum", pa.string()),
        ("data_notes", pa.string()),
        ("host", pa.string()),
        ("device", pa.string()),
        ("device_name", pa.string()),
        ("threads", pa.int64()),
        ("dtype", pa.string()),
        ("config_json", pa.string()),
    ],
    metadata={"ncvq_schema": str(SCHEMA_VERSION)},
)
"""One row a trial."""

STATUSES = ("done", "failed", "diverged", "pruned")

HISTORY_TABLE = pa.schema(
    [
        ("trial_id", pa.string()),
        ("stage", pa.string()),
        ("epoch", pa.int64()),
        *((name, pa.float64()) for name in HISTORY),
        *((f"validation_{name}", pa.float64()) for name in EVALUATED),
        *((name, pa.float64()) for name in PRIOR_METRICS if name != "test_prior_loss"),
    ],
    metadata={"ncvq_schema": str(SCHEMA_VERSION)},
)
"""One row a trial, stage and epoch."""


def table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; what a row lacks is null.

    Raises:
        ValueError: a row has a column that the schema does not know.
    """
    for row in rows:
        if unknown := row.keys() - set(schema.names):
            raise ValueError(f"columns outside the schema: {sorted(unknown)}")
    return pa.Table.from_pylist(rows, schema=schema)
