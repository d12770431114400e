"""A race whose processes are killed again and again: `python -m tests.orchestrator.race_storm FOLDER KILLS SEED`.

Each launch is a process of its own, forked so that it begins at once, and gets SIGKILL at a moment that is drawn; after
so many kills the last one is let be. What is kept of looks is read after each kill. FOLDER/store has the race, and
FOLDER/whole the same one that nobody disturbed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

import reports.next_look  # noqa: F401  before the first fork: a launch imports it at its first look
from orchestrator.execution.executor import EXECUTORS
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race import Limits, race
from orchestrator.store.races import RaceLook, read_race
from orchestrator.sweepfile.read import Changes, load_sweep
from tests.orchestrator.race_runs import RACED
from tests.orchestrator.trivial import Trivial

LONGEST_SECONDS, LONGER = 0.4, 1.5
"""That a launch lives at first, and how much longer the next one where it was killed before anything came of it:
machines differ. One that had nothing left to do ends by itself."""


def effect(config: dict[str, Any]) -> tuple[float, float]:
    """One level is decided at once, one hardly ever."""
    return {"barlowtwins": (0.5, 0.02), "vibcreg": (0.03, 0.12)}.get(str(config.get("ssl")), (0.0, 0.12))


def launch_in_fork(folder: Path, store: str = "store") -> int:
    """Launch the race in a process of its own, and return its id."""
    if (process := os.fork()) == 0:
        Trivial.log = folder / f"{store}.log"
        options = LaunchOptions(store=folder / store, workers=0, gpus_per_trial=0.0, executor="trivial")
        sweep = load_sweep(folder / "raced.yaml", Changes(seeds=10))
        os._exit(race(sweep, options, Limits(), Console(file=StringIO())).exit_code)
    return process


def kept_looks(folder: Path) -> tuple[RaceLook, ...]:
    """The looks of the race until now."""
    found = read_race(folder / "store", "raced")
    return found.looks if found else ()


def kept_stages(folder: Path) -> list[str]:
    """Ids of the stages that were kept, in order."""
    log = folder / "store.log"
    return log.read_text().split() if log.exists() else []


def rage(folder: Path, kills: int, seed: int) -> str:
    """Kill so many launches, let the last one end, race undisturbed as well, and say what was seen.

    Raises:
        AssertionError: a look that was kept is not kept any more, or is another one.
    """
    draw, before, inside, looks = random.Random(seed), kept_looks(folder), 0, 0
    longest, kept = LONGEST_SECONDS, 0
    for _ in range(kills):
        process = launch_in_fork(folder)
        time.sleep(draw.uniform(0.0, longest))
        os.kill(process, signal.SIGKILL)
        killed = os.WIFSIGNALED(os.waitpid(process, 0)[1])
        inside += killed
        after = kept_looks(folder)
        assert after[: len(before)] == before, "a look was taken twice"
        looks += len(after) > len(before)
        work = len(after) + len(kept_stages(folder))
        longest = longest * LONGER if killed and work == kept else longest / LONGER
        kept, before = work, after
    for store in ("store", "whole"):
        assert os.waitstatus_to_exitcode(os.waitpid(launch_in_fork(folder, store), 0)[1]) == 0
    return f"{inside} of {kills} launches were killed, {looks} of these after a look"


def main() -> None:
    """Run the storm."""
    folder = Path(sys.argv[1])
    (folder / "raced.yaml").write_text(RACED)
    EXECUTORS["trivial"] = "tests.orchestrator.trivial:Trivial"
    Trivial.effect = staticmethod(effect)  # type: ignore[assignment]
    print(rage(folder, int(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
