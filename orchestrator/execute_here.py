"""Runs stages one after the other in this process: for tests, debuggers and machines without Ray."""

from orchestrator.events import Events
from orchestrator.job import StageJob, Worker
from orchestrator.tasks import TaskQueue

SLICE_SECONDS = 1.0


def execute_here(queue: TaskQueue, worker: Worker, events: Events) -> None:
    """Run every task of the queue; what happens goes to `events`."""
    tasks = {task.stage_id: task for task in queue.tasks}
    while not events.stopping and (task := queue.next_ready()) is not None:
        job = StageJob(task, worker)
        events.started(task)
        while job.outcome is None and not events.stopping:
            job.work(SLICE_SECONDS)
            events.advanced(task, job.epoch, job.restored_epochs)
            events.tick()
        if job.outcome is None:
            job.save_checkpoint()
            return
        events.ended(task, job.outcome)
        for dropped in queue.close(job.outcome):
            events.ended(tasks[dropped.stage_id], dropped)
