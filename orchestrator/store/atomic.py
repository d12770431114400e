"""Files that are written atomically, with a checksum inside by which later changes are noticed."""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.store.errors import StoreError
from orchestrator.store.sealed import PLACEHOLDER, is_whole, seal

TEMPORARY = ".*.tmp"
"""Pattern of the names that unfinished files have."""

SEAL = "seal"
"""Key of the checksum in a sealed JSON file."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a hidden temporary file beside `path`, flush it to the disk, then rename it to `path`.

    A reader sees the old file or the new one, never a part. A failed write leaves no file behind.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            _flush(temporary)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _flush(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {_reason(error)}; what is finished is safe") from error


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file atomically."""
    text = json.dumps(value, indent=1)
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_sealed_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file atomically, with its checksum under the key `seal`."""
    text = json.dumps({**value, SEAL: PLACEHOLDER}, indent=1)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")
        seal(temporary)

    write_atomically(path, write)


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


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
