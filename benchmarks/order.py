"""How long a sweep takes with its longest trials first, beside the order of its file, by its expected work.

Nothing is trained: each task takes as long as its expected operations, and a worker takes the next one that is ready.
1.00 is what no order can beat: all work spread evenly over the workers, or the longest trial where that is more.

    python -m benchmarks.order docs/replication/stage2.yaml --data-dir UCRArchive_2018
"""

import argparse
import heapq
from collections.abc import Iterable
from pathlib import Path

from orchestrator.plan import load_datasets, make_plan
from orchestrator.sweep import Sweep
from orchestrator.tasks import Outcome, StageTask, TaskQueue
from orchestrator.terminal import read_sweep

WORKERS = (2, 4, 8, 16, 32)


def in_order_of_the_file(tasks: Iterable[StageTask], sweep: Sweep) -> list[StageTask]:
    """Return tasks by the first cell of the sweep that waits for them."""
    cells = {cell.config.trial_id: number for number, cell in enumerate(sweep.cells)}
    return sorted(tasks, key=lambda task: min(cells[trial_id] for trial_id in task.trial_ids))


def makespan(tasks: Iterable[StageTask], workers: int) -> float:
    """Return the operations that one worker could do until all tasks are done."""
    queue, now = TaskQueue(tasks), 0.0
    running: list[tuple[float, str]] = []
    while True:
        while len(running) < workers and (task := queue.next_ready()):
            heapq.heappush(running, (now + task.flops, task.stage_id))
        if not running:
            return now
        now, done = heapq.heappop(running)
        list(queue.close(Outcome(stage_id=done, status="done")))


def main() -> None:
    """Print one row a number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweep")
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    sweep = read_sweep(arguments.sweep, None, arguments.data_dir)
    tasks = make_plan(sweep, None, load_datasets(sweep, arguments.data_dir)).tasks
    print("| sweep | workers | order of the file | longest first | time saved |\n|---|---|---|---|---|")
    for workers in WORKERS:
        least = max(makespan(tasks, len(tasks)), sum(task.flops for task in tasks) / workers)
        before, now = makespan(in_order_of_the_file(tasks, sweep), workers), makespan(tasks, workers)
        print(f"| {sweep.name} | {workers} | {before / least:.2f} | {now / least:.2f} | {1 - now / before:.0%} |")


if __name__ == "__main__":
    main()
