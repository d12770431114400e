"""Properties of the datasets of a store: a small file each, by the checksum of its data, as in the rows of trials."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from orchestrator.store.atomic import read_sealed_json, write_sealed_json
from orchestrator.store.errors import DamagedError

DATASETS_FOLDER = "datasets"

Properties = dict[str, float | None]
"""By name; None where one is undefined."""


def write_properties(store: Path, checksum: str, name: str, properties: Mapping[str, float | None]) -> None:
    """Keep the properties of a dataset.

    Args:
        store: the folder of the store.
        checksum: of the data.
        name: of the dataset, for people.
        properties: by name.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    write_sealed_json(properties_path(store, checksum), {"dataset": name, "properties": dict(properties)})


def read_properties(store: Path, checksum: str) -> Properties | None:
    """Return the properties of a dataset; None where they were never measured, as by an older ncvq.

    Raises:
        DamagedError: the file is not what was written.
    """
    try:
        return _read(properties_path(store, checksum))[1]
    except FileNotFoundError:
        return None


def _read(path: Path) -> tuple[str, Properties]:
    """Return the name and the properties of a dataset.

    Raises:
        DamagedError: the file is not what was written.
    """
    try:
        found = read_sealed_json(path)
        properties = {str(name): None if value is None else float(value) for name, value in found["properties"].items()}
        return str(found["dataset"]), properties
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{DATASETS_FOLDER}/{path.name}: damaged ({error}); the next launch measures it") from error


def sound_properties(store: Path, checksum: str) -> Properties | None:
    """Return the same, and None where the file is damaged: no result is lost with it."""
    with contextlib.suppress(DamagedError):
        return read_properties(store, checksum)
    return None


def properties_by_name(store: Path) -> dict[str, Properties]:
    """Return the properties of all datasets whose file is sound, by the name of the dataset."""
    found: dict[str, Properties] = {}
    for path in sorted((store / DATASETS_FOLDER).glob("[!.]*.json")):
        with contextlib.suppress(DamagedError):
            found |= dict([_read(path)])
    return found


def properties_path(store: Path, checksum: str) -> Path:
    """Return where the properties of a dataset are."""
    return store / DATASETS_FOLDER / f"{checksum}.json"
