"""What figures show of a finished stage: a few series, spectra and points, a small table beside its weights."""

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from ncvq_core.stages.kind import Example, Shown
from orchestrator.store.atomic import Durability
from orchestrator.store.parts import read_part, write_part

__all__ = ["EXAMPLES", "SCHEMA", "Example", "Shown", "read_examples", "write_examples"]

EXAMPLES = "examples.parquet"

SCHEMA = pa.schema(
    {
        "what": pa.string(), "label": pa.string(), "number": pa.int64(), "channel": pa.int64(), "score": pa.float64(),
        "values": pa.list_(pa.float32()),
    }
)  # fmt: skip
"""The fields of `Example`; `what` is one of `Shown`."""

_WEIGHTS = b"ncvq_examples"
"""Key of the file's metadata: the checksum of the weights that they were made from, as JSON."""


def write_examples(
    path: Path, examples: Iterable[Example], weights: str, durability: Durability = Durability.FULL
) -> None:
    """Keep the examples of a stage, in place of earlier ones.

    Args:
        path: of the file.
        examples: what its kind made.
        weights: the checksum of the weights that they were made from.
        durability: of the file.

    Raises:
        StoreError: the disk is full.
    """
    rows = [{**each._asdict(), "what": str(each.what), "values": each.values.tolist()} for each in examples]
    schema = SCHEMA.with_metadata({_WEIGHTS: json.dumps({"model_checksum": weights})})
    write_part(path, pa.Table.from_pylist(rows, schema=schema), durability)


def read_examples(path: Path, weights: str | None) -> pa.Table | None:
    """Return the examples of a stage; None where there are none, or those of other weights.

    Raises:
        DamagedError: the file is not what was written.
    """
    if not path.exists():
        return None
    read = read_part(path)
    made_from = json.loads(read.schema.metadata[_WEIGHTS])["model_checksum"]
    return read if weights in (None, made_from) else None
