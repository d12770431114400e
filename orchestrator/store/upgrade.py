"""Brings a store of an older ncvq up to date."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestrator.store.errors import DamagedError
from orchestrator.store.marker import write_version
from orchestrator.store.parts import part_files, read_part, write_part
from orchestrator.store.schema import HISTORY_TABLE, SCHEMA_VERSION, TRIALS, conform
from orchestrator.store.store import Store
from orchestrator.store.sweep_files import upgrade_sweeps
from orchestrator.store.writer import HISTORY_FOLDER, PART_TRIALS, TRIALS_FOLDER, new_part_name

_TABLES: tuple[tuple[str, pa.Schema, dict[str, Any]], ...] = (
    (TRIALS_FOLDER, TRIALS, {"stages": 1, "numerics_version": 1}),
    (HISTORY_FOLDER, HISTORY_TABLE, {}),
)
_NEW, _OLD = ".new", ".old"


def upgrade(store: Store) -> None:
    """Give a store of an older ncvq the layout, the columns and the checksums of this one.

    Only for the one process that runs. If it is killed, the next upgrade completes the work.

    Raises:
        StoreError: a file cannot be written; what is upgraded stays so.
    """
    _finish_swaps(store.path)
    if store.version == SCHEMA_VERSION:
        return
    for folder, schema, added in _TABLES:
        _merge_files(store.path / folder, schema, added)
        _conform_parts(store.path / folder, schema, added)
    for path in sorted((store.path / "stages").glob("[!.]*")):
        store.stage(path.name).upgrade()
    upgrade_sweeps(store.path / "sweeps")
    write_version(store.path)
    store.version = SCHEMA_VERSION


def _merge_files(folder: Path, schema: pa.Schema, added: dict[str, Any]) -> None:
    """Put files of one trial each into parts: all in a new folder, which then takes the place of the old one."""
    files = [path for path in part_files(folder) if _is_whole(path)]
    if all(path.stem.startswith("part-") for path in files):
        return  # done before a kill
    new = folder.with_suffix(_NEW)
    shutil.rmtree(new, ignore_errors=True)
    for first in range(0, len(files), PART_TRIALS):
        group = files[first : first + PART_TRIALS]
        tables = [conform(read_part(path, unsealed=True), schema, added) for path in group]
        write_part(new / f"{new_part_name()}.parquet", pa.concat_tables(tables).combine_chunks())
    folder.rename(folder.with_suffix(_OLD))
    new.rename(folder)
    _finish_swaps(folder.parent)


def _conform_parts(folder: Path, schema: pa.Schema, added: dict[str, Any]) -> None:
    """Give parts of an older schema the columns of this one, each in one step."""
    for path in part_files(folder):
        if _is_whole(path) and not (content := read_part(path, unsealed=True)).schema.equals(schema):
            write_part(path, conform(content, schema, added))


def _finish_swaps(root: Path) -> None:
    """Complete an exchange of folders that was interrupted by a kill; damaged files of the old folder are set aside."""
    for folder, _, _ in _TABLES:
        here, new, old = root / folder, (root / folder).with_suffix(_NEW), (root / folder).with_suffix(_OLD)
        if not here.exists() and new.exists():
            new.rename(here)
        if here.exists() and old.exists():
            for path in part_files(old):
                if not _is_whole(path):
                    path.rename(here / path.name)
            shutil.rmtree(old)


def _is_whole(path: Path) -> bool:
    try:
        read_part(path, unsealed=True)
    except DamagedError:
        return False
    return True
