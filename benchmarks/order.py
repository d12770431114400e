"""How long a sweep takes with its longest trials first, beside the order of its file, by its expected work.

Nothing is trained: each task takes as long as its expected operations, and a worker takes the next one that is ready.
1.00 is what no order can beat: all work spread evenly over the workers, or the longest trial where that is more.

    python -m benchmarks.order replication/stage2.yaml --data-dir UCRArchive_2018
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from orchestrator.cli.terminal import Chosen, read_sweep
from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.planning.queue import StageTask, makespan
from orchestrator.sweepfile.sweep import Sweep

WORKERS = (2, 4, 8, 16, 32)


def in_order_of_the_file(tasks: Iterable[StageTask], sweep: Sweep) -> list[StageTask]:
    """Return tasks by the first cell of the sweep that waits for them."""
    cells = {cell.config.trial_id: number for number, cell in enumerate(sweep.cells)}
    return sorted(tasks, key=lambda task: min(cells[trial_id] for trial_id in task.trial_ids))


def main() -> None:
    """Print one row a number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweep")
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    sweep = read_sweep(arguments.sweep, Chosen(), arguments.data_dir)
    tasks = make_plan(sweep, None, load_datasets(sweep, arguments.data_dir)).tasks
    print("| sweep | workers | order of the file | longest first | time saved |\n|---|---|---|---|---|")
    work = {task.stage_id: task.flops for task in tasks}
    for workers in WORKERS:
        least = max(makespan(tasks, work, len(tasks)), sum(work.values()) / workers)
        before = makespan(in_order_of_the_file(tasks, sweep), work, workers)
        now = makespan(tasks, work, workers)
        print(f"| {sweep.name} | {workers} | {before / least:.2f} | {now / least:.2f} | {1 - now / before:.0%} |")


if __name__ == "__main__":
    main()
