"""Several stage runs side by side inside a worker."""

import sys
import time
from collections.abc import Iterable, Mapping

import torch

from ncvq_core.training.memory import spare_loaded_modules
from orchestrator.execution.job import StageJob
from orchestrator.execution.packs import Report
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.queue import StageTask


class PackJob:
    """Adds others to a job: a piece of each in turn on one device, so that small models fill a large GPU.

    Their numbers are those that each has alone (see `ncvq_core.training.deterministic`). What ends is kept at once; the
    others go on.
    """

    def __init__(self, tasks: Iterable[StageTask], worker: WorkerSettings) -> None:
        """Prepare the runs."""
        torch.set_num_threads(worker.threads)
        self.jobs = [StageJob(task, worker) for task in tasks]
        self._told: set[str] = set()

    @property
    def active(self) -> list[StageJob]:
        """Jobs without an outcome."""
        return [job for job in self.jobs if job.outcome is None]

    @property
    def open(self) -> list[StageJob]:
        """Jobs whose outcome `work` has not returned yet."""
        return [job for job in self.jobs if job.task.stage_id not in self._told]

    def work(self, seconds: float) -> list[Report]:
        """Work for about so many seconds, at least one piece of each, or until one has news for who watches it.

        Returns:
            How far those are that were open.
        """
        running = self.open
        until = time.monotonic() + seconds
        while active := self.active:
            for job in active:
                job.beside = len(active) - 1
                job.step()
            if time.monotonic() > until or any(job.news for job in active):
                break
        began = time.monotonic()
        waiting = self.active
        for job in waiting:
            job.pause()
        for job in waiting:
            job.seconds += (time.monotonic() - began) / len(waiting)
        if not waiting:  # each run is freed
            spare_loaded_modules(len(sys.modules))
        self._told |= {job.task.stage_id for job in running if job.outcome is not None}
        return [_report(job) for job in running]

    def end_early(self, reasons: Mapping[str, str]) -> None:
        """End jobs with a checkpoint, by stage id and why; `work` returns that as their outcome."""
        for job in self.active:
            if job.task.stage_id in reasons:
                job.end_early(reasons[job.task.stage_id])

    def save_checkpoints(self) -> None:
        """Keep the state of every run that has not ended."""
        for job in self.active:
            job.save_checkpoint()


def _report(job: StageJob) -> Report:
    """Say how far a job is; its news are taken."""
    news, job.news = job.news, {}
    return Report(
        stage_id=job.task.stage_id, epoch=job.epoch, restored=job.restored_epochs, values=news, outcome=job.outcome
    )
