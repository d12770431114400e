"""Temporary folders that are removed at the end of their launch, or after a kill by the next launch."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "ncvq-"
"""How the folders' names begin, in the folder for temporary files."""

LOCK = "lock"
_LONGEST_BASE = 30
"""Ray puts sockets below such a folder, whose paths may have 107 characters."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temporary folder for this process; it goes at the end, or is cleared by a later launch after a kill."""
    clear_scratch()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()))
    lock = FileLock(folder / LOCK)
    lock.acquire()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)  # releasing a lock may create it anew, as an empty file


@contextmanager
def temporary_files_below(folder: Path) -> Iterator[None]:
    """Let all temporary files that this process makes meanwhile be made below a folder."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def clear_scratch() -> None:
    """Remove the folders whose processes are gone, however they ended."""
    for folder in abandoned_scratch():
        shutil.rmtree(folder, ignore_errors=True)


def abandoned_scratch() -> list[Path]:
    """Return the folders whose processes are gone; those without a lock may belong to something else."""
    found = []
    for lock in sorted(_base().glob(f"{PREFIX}*/{LOCK}")):
        with contextlib.suppress(Timeout, OSError), FileLock(lock).acquire(timeout=0):
            found.append(lock.parent)
    return found


def _base() -> Path:
    usual = tempfile.gettempdir()
    return Path(usual if len(usual) <= _LONGEST_BASE or os.name != "posix" else "/tmp")
