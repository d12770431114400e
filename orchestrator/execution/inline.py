"""Runs stages in this process: for tests, debuggers and machines without Ray."""

from orchestrator.execution.job import Worker
from orchestrator.execution.listener import Events, tell_end
from orchestrator.execution.pack_job import PackJob
from orchestrator.planning.queue import TaskQueue

SLICE_SECONDS = 1.0


def execute_here(queue: TaskQueue, worker: Worker, events: Events) -> None:
    """Run every task of the queue, one pack after the other; what happens goes to `events`."""
    while not events.stopping and (tasks := queue.next_pack()):
        pack = PackJob(tasks, worker)
        for task in tasks:
            events.started(task)
        while (running := pack.active) and not events.stopping:
            pack.work(SLICE_SECONDS)
            for job in running:
                if job.outcome is None:
                    events.advanced(job.task, job.epoch, job.restored_epochs)
                else:
                    tell_end(queue, job.task, job.outcome, len(tasks), events)
            events.tick()
        pack.save_checkpoints()
