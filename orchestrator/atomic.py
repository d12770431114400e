"""Files that appear whole or not at all."""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.errors import StoreError

TEMPORARY = ".*.tmp"
"""Pattern of the names that unfinished files have."""


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


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
