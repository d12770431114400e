"""What a trial costs beyond its training, and whether that grows with the number of trials.

Many trials of a single small step are launched: their training beside nothing else is the floor, Ray Tune alone with
two workers and the same training is the peer.

    python -m benchmarks.overhead --trials 100 --rounds 3
    python -m benchmarks.overhead --trials 2000 --rounds 1 --only "ncvq, two workers"

Each row is the median of rounds, all of whose commands take turns. A trial's time is that between results, without the
first ten, in which processes start and import; processor seconds are those of all processes of a command.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks.overhead_peers import TRIVIAL, WORKERS
from benchmarks.watched import Watched, watch

WARM = 10
"""First results that are not counted."""
PARTS = 5
FLAT = "| trials | wall, ms a trial | processor, ms a trial | launch, MB | Ray's driver, MB | a worker, MB |"
HEADER = "| what | wall, ms a trial | processor, ms a trial | first result, s | end, s |"


class Cost(NamedTuple):
    """Of a trial, and of what is around all of them."""

    wall: float
    """Milliseconds a trial."""
    processor: float
    """Milliseconds a trial."""
    first: float
    """Seconds to the first result."""
    end: float
    """Seconds from the last result to the end of the process."""


def cost(watched: Watched, first: int = WARM, last: int = -1) -> Cost:
    """Return the cost of the trials between two results."""
    results = watched.results
    last = last % len(results)
    begun, over, trials = results[first], results[last], last - first
    processor = watched.processor_until(over) - watched.processor_until(begun)
    ms = 1000 / trials
    return Cost((over - begun) * ms, processor * ms, results[0], watched.ended - results[-1])


def commands(trials: int) -> dict[str, Callable[[Path], list[str]]]:
    """Return what is measured: its name, and the command, given a folder of its own."""

    def peer(kind: str) -> Callable[[Path], list[str]]:
        return lambda folder: [sys.executable, "-m", "benchmarks.overhead_peers", kind, str(trials)]

    def ncvq(workers: int) -> Callable[[Path], list[str]]:
        def command(folder: Path) -> list[str]:
            design = folder / "trivial.yaml"
            base = ", ".join(f"{name}: {value}" for name, value in TRIVIAL.items())
            seeds = ", ".join(map(str, range(trials)))
            design.write_text(f"description: trivial\nbase: {{{base}}}\nfactors:\n  seed: [{seeds}]\n")
            launch = [sys.executable, "-m", "orchestrator", "launch", str(design), "--store", str(folder / "store")]
            return [*launch, "--workers", str(workers)]

        return command

    return {
        "training alone, one process": peer("alone"),
        "ncvq, one process": ncvq(0),
        "Ray Tune alone, two workers": peer("ray"),
        "ncvq, two workers": ncvq(WORKERS),
    }


def measure(command: Callable[[Path], list[str]]) -> Watched:
    """Run a command in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return watch(command(Path(folder)), "done")


def cost_row(name: str, costs: Iterable[Cost]) -> str:
    """Return the medians as a row of the table that begins with HEADER."""
    wall, processor, first, end = (statistics.median(values) for values in zip(*costs, strict=True))
    return f"| {name} | {wall:.0f} | {processor:.0f} | {first:.1f} | {end:.1f} |"


def flat_rows(watched: Watched) -> Iterable[str]:
    """Yield a row for each part of the trials, for the table that begins with FLAT."""
    results = watched.results
    edges = [WARM + (len(results) - 1 - WARM) * part // PARTS for part in range(PARTS + 1)]
    for first, last in pairwise(edges):
        each, resident = cost(watched, first, last), watched.resident_at(results[last])
        memory = " | ".join(
            f"{resident[role] / 1e6:.0f}" if role in resident else "–" for role in ("started", "driver", "worker")
        )
        yield f"| {first + 1} to {last + 1} | {each.wall:.0f} | {each.processor:.0f} | {memory} |"


def main() -> None:
    """Print one row a command (each run on stderr as it ends), then how the last round of ncvq went over time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", metavar="WHAT", help="one of the rows only")
    arguments = parser.parse_args()
    measured = {name: run for name, run in commands(arguments.trials).items() if arguments.only in (None, name)}
    runs: dict[str, list[Watched]] = {name: [] for name in measured}
    for _ in range(arguments.rounds):
        for name, command in measured.items():
            runs[name].append(measure(command))
            print(cost_row(name, [cost(runs[name][-1])]), file=sys.stderr, flush=True)
    print(f"{HEADER}\n{'|---' * 5}|")
    for name, each in runs.items():
        print(cost_row(name, [cost(watched) for watched in each]))
    for name, each in runs.items():
        if name.startswith("ncvq"):
            print(f"\n{name}, over time:\n\n{FLAT}\n{'|---' * 6}|")
            print("\n".join(flat_rows(each[-1])))


if __name__ == "__main__":
    main()
