"""The lock of a store: one process at a time runs in it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestrator.store.atomic import read_json, write_json
from orchestrator.store.errors import StoreBusyError

PATIENCE_SECONDS = 0.5
"""How long a launch waits for the lock, because `running_owner` of another process may hold it for a moment."""


@contextmanager
def exclusive(store: Path, command: str) -> Iterator[None]:
    """Hold the store's lock; the operating system frees it when the process ends, however it ends.

    Raises:
        StoreBusyError: another process holds it; the message names that process.
    """
    lock = FileLock(store / "lock")
    try:
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout:
        raise StoreBusyError(f"{store}: {_owner_in_words(store)} is running here; wait for it or stop it") from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "started": started, "command": command}
        write_json(store / "owner.json", owner)
        yield
    finally:
        (store / "owner.json").unlink(missing_ok=True)
        lock.release()


def running_owner(store: Path) -> dict[str, Any] | None:
    """Return the process that runs in the store, None where none does; reading rights suffice."""
    if not (store / "owner.json").exists():
        return None
    try:
        with FileLock(store / "lock").acquire(timeout=0):
            return None
    except Timeout:
        return _owner(store)
    except OSError:  # without the right to open the lock: a store that this user can only read
        return None


def _owner(store: Path) -> dict[str, Any]:
    try:
        return read_json(store / "owner.json")
    except (OSError, json.JSONDecodeError):
        return {}


def _owner_in_words(store: Path) -> str:
    owner = _owner(store)
    if not owner:
        return "another process"
    command, process, host, started = (owner.get(key, "?") for key in ("command", "pid", "host", "started"))
    return f"`{command}` (process {process} on {host}, since {started})"
