"""Schemas of the store's tables, written out: what a column is called and holds changes with the version alone."""

from typing import Any

import pyarrow as pa

from ncvq_core.metrics import metric_names

SCHEMA_VERSION = 3
"""Version of the store's layout and of both tables, raised with each change of them.

2: stage 2 and its samples. 3: part files, checksums, `numerics_version`.
"""

TEXT, WHOLE, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

SETTINGS = {
    "dataset": TEXT, "seed": WHOLE, "ssl": TEXT, "ssl_weight": NUMBER, "augmentations": TEXT,
    "band_augmentations": TEXT, "aug_recon_weight": NUMBER, "epochs": WHOLE, "batch_size": WHOLE,
    "learning_rate": NUMBER, "weight_decay": NUMBER, "precision": TEXT, "tokenizer": TEXT, "channels": WHOLE,
    "residual_blocks": WHOLE, "downsampled_width": WHOLE, "high_downsampled_width": WHOLE, "codebook_size": WHOLE,
    "codebook_decay": NUMBER, "commitment_weight": NUMBER, "projector_width": WHOLE, "val_fraction": NUMBER,
    "evaluate_every": WHOLE, "stages": WHOLE, "token_embedding": TEXT, "prior_epochs": WHOLE,
    "prior_batch_size": WHOLE, "prior_learning_rate": NUMBER, "prior_weight_decay": NUMBER, "prior_width": WHOLE,
    "prior_layers": WHOLE, "prior_heads": WHOLE, "prior_feedforward": WHOLE, "class_dropout": NUMBER,
    "token_temperature": NUMBER, "sampling_steps": WHOLE, "choice_temperature": NUMBER, "guidance_scale": NUMBER,
}  # fmt: skip
"""A trial's config."""

EVALUATED = metric_names("stage1")
"""Measured on TEST, and on the validation part along the way."""

METRICS = metric_names()

TRAINED = (
    "loss", "recon_time", "recon_timefreq", "commitment", "aug_recon_time", "aug_recon_timefreq", "ssl_loss",
    "perplexity", "learning_rate",
)  # fmt: skip
"""Means over an epoch of a tokenizer's training."""

TIMINGS = {"seconds": NUMBER, "peak_memory_bytes": WHOLE}

PROVENANCE = {
    "started_at": pa.timestamp("us", tz="UTC"), "ncvq_version": TEXT, "numerics_version": WHOLE, "git_commit": TEXT,
    "git_dirty": FLAG, "python_version": TEXT, "torch_version": TEXT, "package_versions": TEXT, "data_checksum": TEXT,
    "data_notes": TEXT, "host": TEXT, "device": TEXT, "device_name": TEXT, "threads": WHOLE, "dtype": TEXT,
}  # fmt: skip

_METADATA = {"ncvq_schema": str(SCHEMA_VERSION)}

TRIALS = pa.schema(
    {
        **dict.fromkeys(("trial_id", "stage1_id", "stage2_id", "samples_id", "status", "error", "traceback"), TEXT),
        **SETTINGS,
        **dict.fromkeys(METRICS, NUMBER),
        "fid_by_class": TEXT,
        "fcn": TEXT,
        **{f"{stage}_{name}": kind for stage in ("stage1", "stage2", "samples") for name, kind in TIMINGS.items()},
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
        **dict.fromkeys(TRAINED, NUMBER),
        **{f"validation_{name}": NUMBER for name in EVALUATED},
        **dict.fromkeys(("prior_loss", "validation_prior_loss"), NUMBER),
    },
    metadata=_METADATA,
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


def conform(content: pa.Table, schema: pa.Schema, added: dict[str, Any]) -> pa.Table:
    """Bring a table of an older schema up to date: what it lacks is null, or as `added` says."""
    columns = []
    for field in schema:
        if field.name in content.column_names:
            columns.append(content.column(field.name).cast(field.type))
        else:
            columns.append(pa.repeat(pa.scalar(added.get(field.name), field.type), len(content)))
    return pa.Table.from_arrays(columns, schema=schema)
