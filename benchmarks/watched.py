"""A process and all that it starts, watched from outside: when it prints, and what it takes meanwhile."""

import contextlib
import os
import subprocess
import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.5
MARK = "NCVQ_BENCHMARK_MARK"
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
ROLES = {"driver": b"orchestrator.execution.ray.driver", "worker": b"ray::"}
"""By which words in its command line a process is known that the first one started."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the processes have taken until a moment."""

    at: float
    """Seconds since the start."""
    processor: float
    """Processor seconds of all of them, those that ended included."""
    resident: dict[str, int]
    """Bytes by role: of the first process, `started`; for others, of the largest one of a role."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A process, from its start to its end."""

    results: list[float] = field(default_factory=list)
    """When it printed each line that begins with a word, in seconds since the start."""
    samples: list[Sample] = field(default_factory=list)
    """In order of time."""
    ended: float
    """When it was gone."""

    def processor_until(self, at: float) -> float:
        """Return the processor seconds that were taken until a moment, by linear interpolation."""
        times = [sample.at for sample in self.samples]
        after = min(max(1, bisect_left(times, at)), len(times) - 1)
        left, right = self.samples[after - 1], self.samples[after]
        share = (at - left.at) / (right.at - left.at)
        return left.processor + share * (right.processor - left.processor)

    def resident_at(self, at: float) -> dict[str, int]:
        """Return the bytes by role at the first sample after a moment."""
        times = [sample.at for sample in self.samples]
        return self.samples[min(bisect_left(times, at), len(times) - 1)].resident


def watch(command: Sequence[str], word: str) -> Watched:
    """Run a command to its end and note each line of its output that begins with a word.

    Raises:
        RuntimeError: it fails; with what it printed last.
    """
    mark = uuid.uuid4().hex
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, MARK: mark}
    )
    sampler = _Sampler(mark, process.pid, began)
    results: list[float] = []
    tail: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        tail = [*tail[-9:], line]
        if line.startswith(word):
            results.append(time.monotonic() - began)
    status = process.wait()
    ended = time.monotonic() - began
    sampler.stop()
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {''.join(tail)}")
    return Watched(results=results, samples=sampler.samples, ended=ended)


class _Sampler:
    """Looks at the processes of a mark every now and then, in a thread."""

    def __init__(self, mark: str, first: int, began: float) -> None:
        self.samples = [Sample(at=0.0, processor=0.0, resident={})]
        self._mark, self._first, self._began = mark.encode(), first, began
        self._known: dict[int, bool] = {}
        self._processor: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            resident: dict[str, int] = {}
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError, IndexError):  # it has just ended
                    self._look(folder, resident)
            at = time.monotonic() - self._began
            self.samples.append(Sample(at=at, processor=sum(self._processor.values()), resident=resident))

    def _look(self, folder: Path, resident: dict[str, int]) -> None:
        number = int(folder.name)
        if number not in self._known:
            self._known[number] = number == self._first or self._mark in (folder / "environ").read_bytes()
        if not self._known[number]:
            return
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        self._processor[number] = (int(fields[11]) + int(fields[12])) / _TICK
        size, words = int(fields[21]) * _PAGE, (folder / "cmdline").read_bytes()
        role = "started" if number == self._first else next((name for name in ROLES if ROLES[name] in words), "other")
        resident[role] = max(resident.get(role, 0), size)
