"""Real `ncvq launch` processes, and what they start."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240
"""A process of Ray's needs half a minute to start on a machine that has other things to do."""
GRACE_SECONDS = 5

Start = Callable[..., Popen[str]]
DesignFile = Callable[[int, str], Path]


def wait_until(condition: Callable[[], object], process: Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def wait_for_the_end(mark: str, seconds: float) -> set[int]:
    """Return the processes with a mark that are left after so many seconds, or as soon as there are none."""
    deadline = time.monotonic() + seconds
    while (left := processes_with(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def processes_with(mark: str) -> set[int]:
    """Ids of the living processes that inherited a mark in their environment."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def packs(mark: str) -> set[int]:
    """Ids of the processes in which packs run now: children of Ray's, which names them by what they do."""
    ours, found = processes_with(mark), set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in ours and b"Trainable.train" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def process_named(words: str, mark: str) -> int:
    """Id of the process with a mark whose command line holds some words."""
    (found,) = [each for each in processes_with(mark) if words in _command(each)]
    return found


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
