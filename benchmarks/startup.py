"""Times what a user waits for before the first trial, beside what the libraries take alone.

    python -m benchmarks.startup

Commands in processor seconds, a launch by the clock; medians. A busy machine makes a launch many times slower.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.children import median, ncvq, python
from benchmarks.many_cells import fill, write_sweep
from orchestrator.store import Store

LIBRARIES = "import typer, rich.console, ruamel.yaml, numpy, pyarrow, pyarrow.compute, pyarrow.parquet"
ONE_FILE = "import sys, pyarrow.parquet as p; p.read_table(sys.argv[1]).to_pylist()"
RAY = """\
import logging, ray
ray.init(address="local", num_cpus=2, num_gpus=0, include_dashboard=False, log_to_driver=False,
         logging_level=logging.CRITICAL)
class Worker:
    def ready(self):
        import torch
        return torch.ones(1).item()
workers = [ray.remote(num_cpus=1)(Worker).remote() for _ in range(2)]
ray.get([worker.ready.remote() for worker in workers])
"""
FIRST_LINE, FIRST_TRIAL = 1.0, 3.0
"""Goals in seconds: the first line of a launch; its first trial, beyond Ray and torch alone."""


def commands(folder: Path, times: int) -> None:
    """Print the table of the commands that run nothing."""
    print("| command | processor, s | wall, s | goal, s | floor: libraries alone, s |\n|---|---|---|---|---|")
    broken = folder / "broken.yaml"
    broken.write_text("description: none\nbase: {dataset: GunPoint, epochs: none}\n", encoding="utf-8")
    cases = {"`--help`": ["--help"], "`sweeps`": ["sweeps"], "an error in a sweep file": ["plan", str(broken)]}
    floor = median(["-c", LIBRARIES], times)
    for name, arguments in cases.items():
        ours = median(ncvq(*arguments), times)
        print(f"| {name} | {ours.processor:.2f} | {ours.wall:.2f} | 1 | {floor.processor:.2f} |", flush=True)
    sweep, store = write_sweep(folder, 10_000), Store(folder / "store", create=True)
    fill(store, sweep)
    one = folder / "one.parquet"
    import pyarrow.parquet as pq

    pq.write_table(store.read_trials_table(columns=("status", "error")).rows, one)
    ours = median(ncvq("status", str(sweep), "--store", str(store.path)), times)
    floor = median(["-c", ONE_FILE, str(one)], times)
    print(
        f"| `status`, 10,000 trials | {ours.processor:.2f} | {ours.wall:.2f} | 1 | {floor.processor:.2f} |", flush=True
    )


def launch(store: Path) -> tuple[float, float]:
    """Launch the quickstart, stop it as soon as a stage runs, and return when the first line and that stage came."""
    began, first = time.monotonic(), 0.0
    command = [sys.executable, "-u", *ncvq("launch", "quickstart", "--workers", "2", "--store", str(store))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.readline()
    first = time.monotonic() - began
    while process.poll() is None and not list((store / "running").glob("[!.]*.json")):
        time.sleep(0.02)
    trial = time.monotonic() - began
    process.terminate()
    process.communicate()
    return first, trial


def launches(folder: Path, times: int) -> None:
    """Print the table of the launch."""
    alone = statistics.median(python(["-c", RAY]).wall for _ in range(times))
    runs = [launch(folder / f"launch{number}") for number in range(times)]
    line, trial = (statistics.median(seconds) for seconds in zip(*runs, strict=True))
    print("\n| the quickstart, two workers | wall, s | goal, s | floor: Ray and torch alone, s |\n|---|---|---|---|")
    print(f"| its first line | {line:.1f} | {FIRST_LINE:g} | |")
    print(f"| its first trial | {trial:.1f} | {alone + FIRST_TRIAL:.1f} | {alone:.1f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--launches", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands(Path(folder), given.times)
        if given.launches:
            launches(Path(folder), given.launches)


if __name__ == "__main__":
    main()
