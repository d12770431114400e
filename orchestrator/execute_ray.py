"""Runs stages on Ray: one Tune run drives the whole graph."""

import dataclasses
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import ray
import torch
from ray import tune
from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from orchestrator.events import Events, tell_end
from orchestrator.job import Worker
from orchestrator.ray_worker import PackTrainable
from orchestrator.tasks import Outcome, StageTask, TaskQueue

CRASHES = 2
"""After so many deaths of its process, alone, a stage has failed."""

_QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class RayOptions:
    """Where and how wide to run."""

    workers: int | None
    """How many packs run at a time; None, with an address, as many as the cluster has room for."""
    address: str | None = None
    """Ray cluster to join, such as `auto`; None starts Ray here for the time of the launch."""
    gpus_per_trial: float = 0.0


class _LiveOnly:
    """Pickles to nothing: Tune writes itself down to restore a run, which the store makes needless."""

    def __reduce__(self) -> tuple[type[object], tuple[()]]:
        return object, ()


class _GraphSearcher(_LiveOnly, Searcher):
    """Suggests a pack of stages only when what they need is done; one trial of Tune's is one pack."""

    def __init__(self, queue: TaskQueue, worker: Worker) -> None:
        super().__init__(metric="training_iteration", mode="max")
        self.queue = queue
        self.worker = worker
        self.packs: dict[str, dict[str, StageTask]] = {}
        self._running: set[str] = set()

    def suggest(self, trial_id: str) -> Any:
        if self.queue.finished:
            return Searcher.FINISHED
        tasks = self.queue.next_pack(len(self._running))
        if not tasks:
            return None
        self._running.add(trial_id)
        self.packs[trial_id] = {task.stage_id: task for task in tasks}
        return {"tasks": [dataclasses.asdict(task) for task in tasks], "worker": dataclasses.asdict(self.worker)}

    def unfinished(self, trial_id: str) -> list[StageTask]:
        """Return the stages of a pack that have not ended."""
        return [task for stage_id, task in self.packs[trial_id].items() if self.queue.unfinished(stage_id)]

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Take note that a pack is over; outcomes come through the callback."""
        self._running.discard(trial_id)


class _Reporter(_LiveOnly, Callback):
    """Hands what Tune sees to the launch."""

    def __init__(self, searcher: _GraphSearcher, events: Events) -> None:
        self.searcher = searcher
        self.events = events
        self.error: Exception | None = None
        self._crashes: Counter[str] = Counter()

    @property
    def stopping(self) -> bool:
        """Whether to end the run: the user asked for it, or an outcome could not be kept."""
        return self.events.stopping or self.error is not None

    def on_step_end(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        self._tell(self.events.tick)

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        for task in self.searcher.unfinished(trial.trial_id):
            self._tell(self.events.started, task)

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        pack = self.searcher.packs[trial.trial_id]
        for stage in result["stages"]:
            task = pack[stage["stage_id"]]
            if not self.searcher.queue.unfinished(task.stage_id):
                continue
            if stage["outcome"] is None:
                self._tell(self.events.advanced, task, stage["epoch"], stage["restored"])
            else:
                self._end(trial, task, Outcome(**stage["outcome"]))

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A process died with a whole pack: smaller packs find out which stage it is that kills it, if any."""
        cause = str(trial.get_pickled_error())
        reason = cause.strip().splitlines()[-1] if cause.strip() else "no reason given"
        error = f"the worker process failed {CRASHES} times (out of memory? try fewer workers): {reason}"
        queue, tasks = self.searcher.queue, self.searcher.unfinished(trial.trial_id)
        if len(tasks) == 1:
            self._crashes[tasks[0].stage_id] += 1
            if self._crashes[tasks[0].stage_id] == CRASHES:
                outcome = Outcome(stage_id=tasks[0].stage_id, status="failed", error=error, traceback=cause)
                self._end(trial, tasks[0], outcome)
                return
        else:
            queue.shrink(len(tasks))
        queue.put_back(tasks)
        for task in tasks:
            self._tell(self.events.put_back, task)

    def _end(self, trial: Trial, task: StageTask, outcome: Outcome) -> None:
        pack = len(self.searcher.packs[trial.trial_id])
        self._tell(tell_end, self.searcher.queue, task, outcome, pack, self.events)

    def _tell(self, event: Callable[..., None], *arguments: object) -> None:
        """Keep an error for the end of the run: Tune would print it with a traceback of its own."""
        try:
            event(*arguments)
        except Exception as error:
            self.error = self.error or error


class _Stopper(_LiveOnly, tune.Stopper):
    """Ends the run early."""

    def __init__(self, reporter: _Reporter) -> None:
        self.reporter = reporter

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return self.reporter.stopping

    def stop_all(self) -> bool:
        return self.reporter.stopping


def execute_with_ray(queue: TaskQueue, worker: Worker, options: RayOptions, events: Events) -> None:
    """Run every task of the queue on Ray workers; what happens goes to `events`."""
    os.environ.update(_QUIET)
    scratch = tempfile.mkdtemp(prefix="ncvq-tune-")
    _start_ray(options, worker.threads)
    queue.workers = options.workers or _room(options, worker.threads)
    try:
        searcher = _GraphSearcher(queue, worker)
        reporter = _Reporter(searcher, events)
        resources = {"cpu": worker.threads, "gpu": options.gpus_per_trial}
        tuner = tune.Tuner(
            tune.with_resources(PackTrainable, resources),
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                num_samples=-1,
                reuse_actors=True,
                max_concurrent_trials=options.workers,
            ),
            run_config=tune.RunConfig(
                storage_path=scratch,
                verbose=0,
                callbacks=[reporter],
                stop=_Stopper(reporter),
            ),
        )
        tuner.fit()
        if reporter.error:
            raise reporter.error
    finally:
        ray.shutdown()
        shutil.rmtree(scratch, ignore_errors=True)


def _start_ray(options: RayOptions, threads: int) -> None:
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.CRITICAL,
    }  # what fails is told in one line of ours
    if options.address:
        ray.init(address=options.address, **quiet)
    else:
        cpus, gpus = (options.workers or 1) * threads, torch.cuda.device_count()
        ray.init(address="local", num_cpus=cpus, num_gpus=gpus, include_dashboard=False, **quiet)


def _room(options: RayOptions, threads: int) -> int:
    """Return how many workers the cluster has room for."""
    has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    room = has.get("CPU", 0) / threads
    if options.gpus_per_trial:
        room = min(room, has.get("GPU", 0) / options.gpus_per_trial)
    return max(1, int(room))
