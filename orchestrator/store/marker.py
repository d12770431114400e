"""`store.json`: the file that makes a folder a store, and says which layout it has."""

from pathlib import Path

from orchestrator.store.atomic import TEMPORARY, read_json, read_sealed_json, write_sealed_json
from orchestrator.store.errors import StoreError
from orchestrator.store.schema import SCHEMA_VERSION

MARKER = "store.json"
SEALED_SINCE = 3
"""The schema from which on every file that a number comes from has a checksum."""


def write_version(root: Path, version: int = SCHEMA_VERSION) -> None:
    """Say which layout a store has."""
    write_sealed_json(root / MARKER, {"schema": version})


def read_version(root: Path) -> int:
    """Return the schema version of a store.

    Raises:
        StoreError: there is no store, its marker is lost or damaged, or a newer ncvq made it.
    """
    marker = root / MARKER
    if not marker.exists():
        if looks_like_a_store(root):
            raise StoreError(f"{marker} is lost; `ncvq check --repair --store {root}` writes it anew")
        raise StoreError(f"{root}: no ncvq store here; launch a sweep, or name another one with --store")
    try:
        version = int(read_json(marker)["schema"])
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{root}: made by a newer ncvq (schema {version}, this one reads up to {SCHEMA_VERSION}); upgrade ncvq"
            )
        read_sealed_json(marker, unsealed=version < SEALED_SINCE)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{marker}: damaged ({error}); `ncvq check --repair --store {root}` writes it anew") from error
    return version


def restore_marker(root: Path) -> None:
    """Write a lost or damaged marker anew: that of the layout that the folder has."""
    names = [path.name for path in (root / "trials").glob("[!.]*.parquet")]
    older = any(not name.startswith("part-") for name in names)
    write_version(root, SEALED_SINCE - 1 if older else SCHEMA_VERSION)


def looks_like_a_store(root: Path) -> bool:
    """Say whether a folder without a marker was a store."""
    return (root / "trials").is_dir() and (root / "history").is_dir()


def is_empty(root: Path) -> bool:
    """Say whether a folder is empty, but for files of a launch that was killed while it made a store."""
    return all(child.name == "lock" or child.match(TEMPORARY) for child in root.iterdir())


def marker_fault(root: Path) -> str | None:
    """Say what is wrong with the marker of a store; None where nothing is."""
    try:
        read_version(root)
    except StoreError as error:
        return str(error)
    return None
