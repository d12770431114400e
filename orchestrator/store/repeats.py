"""Trials that a store holds twice, as after one store was copied into another."""

from collections import Counter

import pyarrow as pa

from orchestrator.store.errors import StoreError
from orchestrator.store.parts import TRIAL_ID
from orchestrator.store.stages import OWN_NAMES

VOLATILE = frozenset(
    {
        "started_at", "host", "device_name", "ncvq_version", "git_commit", "git_dirty", "python_version", "threads",
        "package_versions", "torch_version", "traceback",
    }
    | {f"{stage}_{name}" for stage in OWN_NAMES for name in ("seconds", "peak_memory_bytes")}
)  # fmt: skip
"""Columns in which two runs of a trial may differ without any doubt about its numbers."""


def repeated_ids(rows: pa.Table) -> list[str]:
    """Return the ids of the trials that have several rows."""
    ids = rows.column(TRIAL_ID).to_pylist()
    if len(set(ids)) == len(ids):
        return []
    return [trial_id for trial_id, count in Counter(ids).items() if count > 1]


def without_repeats(rows: pa.Table) -> pa.Table:
    """Return each trial once: the first of rows that agree in all but what two runs may differ in.

    Raises:
        StoreError: two rows of a trial disagree.
    """
    repeated = repeated_ids(rows)
    if not repeated:
        return rows
    seen: dict[str, dict[str, object]] = {}
    again = set(repeated)
    keep = []
    for index, trial_id in enumerate(rows.column(TRIAL_ID).to_pylist()):
        if trial_id in again:
            row = numbers_of(rows.slice(index, 1).to_pylist()[0])
            if trial_id in seen:
                if not agree(row, seen[trial_id]):
                    raise StoreError(
                        f"trial {trial_id} is there twice, with different values; `ncvq check` says where they differ"
                    )
                continue
            seen[trial_id] = row
        keep.append(index)
    return rows.take(keep)


def numbers_of(row: dict[str, object]) -> dict[str, object]:
    """Return a row without the columns that two runs of its trial may differ in."""
    return {name: value for name, value in row.items() if name not in VOLATILE}


def agree(one: dict[str, object], other: dict[str, object]) -> bool:
    """Say whether two rows are equal; NaN equals itself, and a column that one lacks is null."""
    return all(_same(one.get(name), other.get(name)) for name in one.keys() | other.keys())


def _same(one: object, other: object) -> bool:
    return one == other or (one != one and other != other)
