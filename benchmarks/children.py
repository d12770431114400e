"""Times commands as processes of their own."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple


class Used(NamedTuple):
    """What a process took."""

    processor: float
    """Seconds of all its threads."""
    wall: float
    """Seconds from its start to its end."""


def python(arguments: Sequence[str]) -> Used:
    """Run Python with some arguments, and throw away what it prints."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return Used(usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def median(arguments: Sequence[str], times: int) -> Used:
    """Run Python so many times, and return the median of each number."""
    runs = [python(arguments) for _ in range(times)]
    return Used(*(statistics.median(numbers) for numbers in zip(*runs, strict=True)))


def ncvq(*arguments: str) -> list[str]:
    """Return the arguments of Python for a command of ncvq."""
    return ["-m", "orchestrator", *arguments]
