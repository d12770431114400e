"""Tables of the store: a folder of Parquet files, its parts, each with all rows of some trials and with a checksum."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestrator.store.atomic import SEAL, Durability, write_atomically
from orchestrator.store.errors import DamagedError
from orchestrator.store.sealed import MARK, PLACEHOLDER, is_whole, seal

TRIAL_ID = "trial_id"


@dataclass(frozen=True, kw_only=True)
class TableRead:
    """What was read of a table."""

    rows: pa.Table
    """Those of each part that is whole; a column that one part lacks is null in it."""
    damaged: dict[Path, str]
    """Why each of the other parts is not."""


def part_files(folder: Path) -> list[Path]:
    """Return the parts of a table, by name."""
    return sorted(folder.glob("[!.]*.parquet"))


def write_part(path: Path, rows: pa.Table, durability: Durability = Durability.FULL) -> None:
    """Write a part, or replace it, in one atomic step.

    Raises:
        StoreError: the disk is full or the folder not writable; the old part is still there.
    """

    def write(temporary: Path) -> None:
        repeated = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]
        with pq.ParquetWriter(temporary, rows.schema, use_dictionary=repeated) as writer:
            writer.write_table(rows)
            writer.add_key_value_metadata({SEAL: PLACEHOLDER})
        seal(temporary)

    write_atomically(path, write, durability)


def read_part(
    path: Path, columns: Iterable[str] | None = None, *, unsealed: bool = False, compact: bool = False
) -> pa.Table:
    """Read a part.

    Args:
        path: the part.
        columns: which of them; those that it lacks are left out. None: all.
        unsealed: also take a file without a checksum, as an older ncvq wrote them.
        compact: hold each text once (as a dictionary), and no column that is null in all rows.

    Raises:
        DamagedError: it is not what was written.
    """
    content = path.read_bytes()
    if not is_whole(content) and not (unsealed and MARK not in content):
        raise DamagedError(f"{_name(path)}: damaged, its checksum is not that of what was written")
    try:
        with _opened(content, compact=compact) as file:
            known = file.schema_arrow.names
            wanted = [name for name in columns if name in known] if columns else None
            rows = file.read(columns=wanted, use_threads=False)  # a part is too small for several
            return _compact(rows) if compact else rows
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise DamagedError(f"{_name(path)}: cannot be read ({reason})") from error


def read_table(
    folder: Path, columns: Iterable[str] | None = None, *, unsealed: bool = False, compact: bool = False
) -> TableRead:
    """Read all parts of a table.

    Args:
        folder: of the table.
        columns: as in `read_part`.
        unsealed: as in `read_part`.
        compact: as in `read_part`.

    Raises:
        OSError: a part cannot be read at all, as without permission: nobody knows whether it is damaged.
    """
    wanted = None if columns is None else list(columns)
    parts, damaged = [], {}
    for path in part_files(folder):
        try:
            parts.append(read_part(path, wanted, unsealed=unsealed, compact=compact))
        except DamagedError as error:
            damaged[path] = str(error)
    none = pa.table({TRIAL_ID: pa.nulls(0, pa.string())})  # pa.array imports pandas: a quarter of a second
    tables = parts or [_compact(none) if compact else none]
    return TableRead(rows=pa.concat_tables(tables, promote_options="permissive"), damaged=damaged)


def with_ids(rows: pa.Table, trial_ids: Iterable[str]) -> pa.Table:
    """Return the rows of some trials."""
    return rows.filter(_has_id(rows, trial_ids))


def without_ids(rows: pa.Table, trial_ids: Iterable[str]) -> pa.Table:
    """Return the rows of all other trials."""
    import pyarrow.compute as pc

    return rows.filter(pc.invert(_has_id(rows, trial_ids)))


def _has_id(rows: pa.Table, trial_ids: Iterable[str]) -> pa.ChunkedArray:
    import pyarrow.compute as pc  # a tenth of a second, which a look at all trials can spare

    return pc.is_in(rows.column(TRIAL_ID), pa.array(list(trial_ids), pa.string()))


def _opened(content: bytes, *, compact: bool) -> pq.ParquetFile:
    file = pq.ParquetFile(pa.BufferReader(content))
    if not compact:
        return file
    texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
    return pq.ParquetFile(pa.BufferReader(content), metadata=file.metadata, read_dictionary=texts)


def _compact(part: pa.Table) -> pa.Table:
    """Return a part without what says nothing: a history of which 20 columns are null takes a third of the memory."""
    return part.select([
        name for name, column in zip(part.column_names, part.columns, strict=True)
        if name == TRIAL_ID or column.null_count < len(part)
    ])  # fmt: skip


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
