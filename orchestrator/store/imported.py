"""Results that other tools produced: a file for each sweep of them, apart from the trials that ncvq ran.

They stand in no table that a launch looks at, so that none of them ever counts as done.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestrator.store.parts import TRIAL_ID, read_part, with_ids, without_ids, write_part
from orchestrator.store.schema import METRICS, NUMBER, SCHEMA_VERSION, SETTINGS, TEXT, table

IMPORTED_FOLDER = "imported"

IMPORTED = pa.schema(
    {
        **dict.fromkeys((TRIAL_ID, "source", "run_id", "run_kind", "run_version", "history_version", "status"), TEXT),
        **SETTINGS,
        **dict.fromkeys(METRICS, NUMBER),
    },
    metadata={"ncvq_schema": str(SCHEMA_VERSION)},
)
"""One row a run of the other tool.

run_kind tells apart runs that measured different things, and may be null. Of a service that says whether a run has
changed, run_version is what it was like, under the mapping of then, when the row was read, and history_version the same
for its rows in the history.
"""


def write_imported(folder: Path, sweep: str, rows: list[dict[str, Any]]) -> None:
    """Keep the imported rows of a sweep, in one atomic step; earlier ones stay, but for those that come again.

    Raises:
        StoreError: the disk is full, or the file that is there is damaged.
    """
    path = imported_path(folder, sweep)
    new = table(rows, IMPORTED)
    if path.exists():
        earlier = _rows(path)
        others = without_ids(earlier, new.column(TRIAL_ID).to_pylist())
        new = pa.concat_tables([others, new]).combine_chunks()
    write_part(path, new)


def read_imported(folder: Path, sweep: str, only: Iterable[str] | None = None) -> pa.Table:
    """Return the imported rows of a sweep that have one of these ids, or all; none where nothing was imported.

    Raises:
        DamagedError: the file is not what was written.
    """
    path = imported_path(folder, sweep)
    rows = _rows(path) if path.exists() else IMPORTED.empty_table()
    return rows if only is None else with_ids(rows, only)


def imported_path(folder: Path, sweep: str) -> Path:
    """Return where the imported rows of a sweep are."""
    return folder / f"{sweep}.parquet"


def _rows(path: Path) -> pa.Table:
    """Read a file; what one of an earlier ncvq lacks is null."""
    rows = pa.concat_tables([IMPORTED.empty_table(), read_part(path)], promote_options="default")
    return rows.select(IMPORTED.names).cast(IMPORTED)
