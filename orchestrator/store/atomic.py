"""Files that are written atomically, with a checksum inside by which later changes are noticed."""

import json
import os
import uuid
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Any

from orchestrator.store.errors import StoreError
from orchestrator.store.sealed import PLACEHOLDER, is_whole, seal

TEMPORARY = ".*.tmp"
"""Pattern of the names that unfinished files have."""

SEAL = "seal"
"""Key of the checksum in a sealed JSON file."""


class Durability(Enum):
    """What of a file is sure to be on the disk when it is written, whatever happens to the machine afterwards."""

    FULL = auto()
    """The file under its name."""
    CONTENT = auto()
    """What is in it, once its name is there: that comes with the next file of its folder that is written in full."""
    NONE = auto()
    """Nothing: of no use to a later process."""


def write_atomically(path: Path, write: Callable[[Path], object], durability: Durability = Durability.FULL) -> None:
    """Let `write` fill a hidden temporary file beside `path`, flush it to the disk, then rename it to `path`.

    A reader sees the old file or the new one, never a part. A failed write leaves no file behind.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        _make_folder(path.parent)
        try:
            write(temporary)
            if durability is not Durability.NONE:
                _flush(temporary)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durability is Durability.FULL:
            _flush(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {_reason(error)}; what is finished is safe") from error


def write_json(path: Path, value: dict[str, Any], durability: Durability = Durability.FULL) -> None:
    """Write a JSON file atomically."""
    text = json.dumps(value, indent=1)
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"), durability)


def write_sealed_json(path: Path, value: dict[str, Any], durability: Durability = Durability.FULL) -> None:
    """Write a JSON file atomically, with its checksum under the key `seal`."""
    text = json.dumps({**value, SEAL: PLACEHOLDER}, indent=1)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")
        seal(temporary)

    write_atomically(path, write, durability)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds no JSON object.
    """
    return _parsed(path.read_bytes())


def read_sealed_json(path: Path, *, unsealed: bool = False) -> dict[str, Any]:
    """Read a sealed JSON file, without its checksum.

    Args:
        path: the file.
        unsealed: also take a file without a seal, as an older ncvq wrote them.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not what was written, or holds no JSON object.
    """
    content = path.read_bytes()
    if not is_whole(content) and not (unsealed and SEAL not in _parsed(content)):
        raise ValueError("its checksum is not that of what was written")
    value = _parsed(content)
    value.pop(SEAL, None)
    return value


def _parsed(content: bytes) -> dict[str, Any]:
    value = json.loads(content.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")
    return value


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are not there, and flush the names of new ones to the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
