"""Results that other tools produced: a file for each sweep of them, apart from the trials that ncvq ran.

They stand in no table that a launch looks at, so that none of them ever counts as done.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.store.parts import TRIAL_ID, read_part, write_part
from orchestrator.store.schema import METRICS, NUMBER, SCHEMA_VERSION, SETTINGS, TEXT, table

IMPORTED_FOLDER = "imported"

IMPORTED = pa.schema(
    {
        **dict.fromkeys((TRIAL_ID, "source", "run_id", "run_kind", "status"), TEXT),
        **SETTINGS,
        **dict.fromkeys(METRICS, NUMBER),
    },
    metadata={"ncvq_schema": str(SCHEMA_VERSION)},
)
"""One row a run of the other tool; run_kind tells apart runs that measured different things, and may be null."""


def write_imported(folder: Path, sweep: str, rows: list[dict[str, Any]]) -> None:
    """Keep the imported rows of a sweep, in one atomic step; earlier ones stay, but for those that come again.

    Raises:
        StoreError: the disk is full, or the file that is there is damaged.
    """
    path = imported_path(folder, sweep)
    new = table(rows, IMPORTED)
    if path.exists():
        earlier = pa.concat_tables([IMPORTED.empty_table(), read_part(path)], promote_options="default")
        others = earlier.filter(pc.invert(pc.is_in(earlier.column(TRIAL_ID), new.column(TRIAL_ID).combine_chunks())))
        new = pa.concat_tables([others.select(IMPORTED.names).cast(IMPORTED), new]).combine_chunks()
    write_part(path, new)


def read_imported(folder: Path, sweep: str, only: Iterable[str]) -> pa.Table:
    """Return the imported rows of a sweep that have one of these ids; none where nothing was imported.

    Raises:
        DamagedError: the file is not what was written.
    """
    path = imported_path(folder, sweep)
    rows = read_part(path) if path.exists() else IMPORTED.empty_table()
    return rows.filter(pc.is_in(rows.column(TRIAL_ID), pa.array(list(only), pa.string())))


def imported_path(folder: Path, sweep: str) -> Path:
    """Return where the imported rows of a sweep are."""
    return folder / f"{sweep}.parquet"
