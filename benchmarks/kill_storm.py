"""What is lost when a launch, its workers and Ray's node process are killed again and again.

A small sweep of both stages is launched until nothing is lacking; on the way, something of it is killed (SIGKILL) at
random moments. Each finished store must hold every cell once, bit for bit as that of a run without kills.

    nice -n 5 python -m benchmarks.kill_storm --kills 50

`seconds lost` is the time from a kill until all stages that ran are again as far as they were, ± 2 s (a launch writes
down its progress every two seconds).
"""

import argparse
import itertools
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from orchestrator.store import Store

SWEEP = """\
description: both stages in seconds
base:
  {dataset: ItalyPowerDemand, stages: 2, epochs: 150, channels: 8, augmentations: [slice_and_shuffle],
   val_fraction: 0.2, prior_epochs: 150, prior_width: 16, prior_layers: 1, prior_heads: 1, sampling_steps: 2}
factors:
  token_embedding: [learned, codebook_init]
  seed: [0, 1, 2]
baseline: {token_embedding: learned}
"""
KINDS = ("launch", "worker", "raylet")
WORKERS = 2
PATIENCE_SECONDS = 600.0
_MEASURED = ("seconds", "memory_bytes", "started_at", "git_dirty", "git_commit")
"""How the names of columns end in which two runs of a trial differ."""


@dataclass(kw_only=True)
class Storm:
    """What is still to be killed, and what happened so far."""

    folder: Path
    pending: deque[tuple[str, float]]
    """Kinds of process to kill, and how many seconds after stages began to run."""
    log: Callable[[str], None] = print
    lost: dict[str, list[float]] = field(default_factory=dict)
    """Seconds by kind of kill."""
    stages: int = 0
    """Those that ran when something was killed."""
    launches: int = 0

    @property
    def kills(self) -> int:
        """How often something was killed."""
        return sum(map(len, self.lost.values()))


def processes() -> Iterator[tuple[int, int, int, str]]:
    """Yield id, parent, session and command line of every living process."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state not in "ZX":
            yield int(folder.name), int(parent), int(session), command


def victims(launch: int, kind: str) -> list[int]:
    """Return the processes of a launch that are of a kind: `launch`, `driver`, `raylet` or `worker`."""
    if kind == "launch":
        return [launch]
    driver = [process for process, parent, _, words in processes() if parent == launch and "ray.driver" in words]
    if kind == "driver" or not driver:
        return driver
    words = {"raylet": "/raylet/raylet ", "worker": "Trainable.train"}[kind]
    return [process for process, _, session, command in processes() if session == driver[0] and words in command]


def numbers(store: Path) -> pd.DataFrame:
    """Return all trials, without the columns in which two runs of one differ."""
    table = pd.read_parquet(store / "trials")
    columns = [name for name in table.columns if not name.endswith(_MEASURED)]
    return table[columns].sort_values("trial_id").reset_index(drop=True)


def start(storm: Storm, store: Path) -> subprocess.Popen[bytes]:
    """Start a launch that runs what the store lacks."""
    storm.launches += 1
    command = [sys.executable, "-m", "orchestrator", "resume", str(storm.folder / "storm.yaml"), "--store", str(store)]
    with (storm.folder / "log.txt").open("ab") as log:
        return subprocess.Popen([*command, "--workers", str(WORKERS)], stdout=log, stderr=log)


def running(store: Path, after: str = "") -> dict[str, int]:
    """Return the finished epochs of each stage that runs, of those that were written down after a moment."""
    if not (store / "store.json").exists():
        return {}
    states = Store(store).read_running()
    return {stage_id: int(state["epoch"]) for stage_id, state in states.items() if state["updated_at"] > after}


def wait(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> bool:
    """Wait until something is true; returns whether it is, which it need not be where the launch ends.

    Raises:
        TimeoutError: neither happens.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while not (fulfilled := condition()) and process.poll() is None:
        if time.monotonic() > until:
            raise TimeoutError(f"it hangs: {process.args!r}")
        time.sleep(0.1)
    return bool(fulfilled)


def finish(storm: Storm, store: Path) -> None:
    """Launch the sweep until nothing is lacking, and kill on the way while there is something left to kill."""
    process = start(storm, store)
    while True:
        if storm.pending and wait(lambda: running(store), process):
            kind, delay = storm.pending[0]
            time.sleep(delay)
            targets, before = victims(process.pid, kind), running(store)
            if targets and before:
                storm.pending.popleft()
                process = kill(storm, store, process, kind, targets[0], before)
            continue
        wait(lambda: False, process)
        if process.returncode == 0:
            return
        storm.log(f"exit code {process.returncode}, launched again")
        process = start(storm, store)


def kill(
    storm: Storm, store: Path, process: subprocess.Popen[bytes], kind: str, target: int, before: dict[str, int]
) -> subprocess.Popen[bytes]:
    """Kill one process, wait until what ran is as far as before, and return the launch that runs then."""
    began, now = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    os.kill(target, signal.SIGKILL)
    if kind == "launch":
        process.wait()
        process = start(storm, store)

    def regained() -> bool:
        epochs = running(store, now)
        return all(epochs.get(stage, -1) >= epoch or Store(store).has_stage(stage) for stage, epoch in before.items())

    wait(regained, process)
    seconds = time.monotonic() - began
    storm.lost.setdefault(kind, []).append(seconds)
    storm.stages += len(before)
    storm.log(f"{kind:7} {len(before)} stages ran, {seconds:5.1f} s until they were as far again")
    return process


def rage(folder: Path, kinds: list[str], seed: int, log: Callable[[str], None] = print) -> Storm:
    """Kill as asked, over as many stores as that takes, and compare each with an undisturbed one.

    Raises:
        AssertionError: a store differs.
    """
    delays = random.Random(seed)
    storm = Storm(folder=folder, pending=deque(), log=log)
    (folder / "storm.yaml").write_text(SWEEP)
    finish(storm, folder / "whole")
    whole, storm.launches = numbers(folder / "whole"), 0
    storm.pending.extend((kind, delays.uniform(0.2, 6.0)) for kind in kinds)
    for number in itertools.count():
        store = folder / f"killed{number}"
        finish(storm, store)
        assert numbers(store).equals(whole), f"{store}: not the numbers of an undisturbed run"
        log(f"{store.name}: {len(whole)} cells, each once, the same bits; {storm.kills} kills so far")
        if not storm.pending:
            break
    return storm


def main() -> None:
    """Print one row a kind of kill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kinds = list(itertools.islice(itertools.cycle(KINDS), arguments.kills))
    random.Random(arguments.seed).shuffle(kinds)
    with tempfile.TemporaryDirectory() as folder:
        storm = rage(Path(folder), kinds, arguments.seed, lambda line: print(line, flush=True))
    print(f"{storm.kills} kills, {storm.launches} launches, {storm.stages} stages were running; no result differs")
    print("| killed | times | seconds lost, median | most |\n|---|---|---|---|")
    for kind, seconds in sorted(storm.lost.items()):
        print(f"| {kind} | {len(seconds)} | {statistics.median(seconds):.1f} | {max(seconds):.1f} |")


if __name__ == "__main__":
    main()
