"""Times `ncvq plan`, beside what cannot be left out: the cells, their ids and the record of the design.

    python -m benchmarks.plan

Processor seconds of whole processes, medians; the machine may be busy.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.children import median, ncvq
from benchmarks.many_cells import write_sweep

FLOOR = """\
import sys
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import sweep_record
sweep_record(load_sweep(sys.argv[1]))
"""
GOALS = {"quickstart": 1.0, "1,000 cells": 2.0, "10,000 cells": 10.0}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    print("| plan | processor, s | wall, s | goal, s | floor: cells, ids and record, s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        many = [str(write_sweep(Path(folder), cells)) for cells in (1000, 10_000)]
        for (name, goal), sweep in zip(GOALS.items(), ["quickstart", *many], strict=True):
            ours = median(ncvq("plan", sweep, "--store", f"{folder}/none"), times)
            floor = median(["-c", FLOOR, sweep], times)
            print(f"| {name} | {ours.processor:.2f} | {ours.wall:.2f} | {goal:g} | {floor.processor:.2f} |", flush=True)


if __name__ == "__main__":
    main()
