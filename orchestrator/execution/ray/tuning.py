"""What Tune does for a launch, in Ray's driver process: packs as its trials, and what it sees of them."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from orchestrator.execution.packs import Report
from orchestrator.execution.ray.deaths import LastError, death_of, note_errors
from orchestrator.execution.ray.link import Link
from orchestrator.execution.ray.process import RayOptions
from orchestrator.execution.ray.watch import dead_process
from orchestrator.execution.ray.worker import PackTrainable
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.queue import Outcome


def tune_packs(link: Link, folder: Path, worker: WorkerSettings, options: RayOptions) -> None:
    """Let Tune run what the launch hands out, to its end."""
    tuner = tune.Tuner(
        tune.with_resources(PackTrainable, {"cpu": worker.threads, "gpu": options.gpus_per_trial}),
        tune_config=tune.TuneConfig(
            search_alg=_GraphSearcher(link, worker),
            num_samples=-1,
            reuse_actors=True,
            max_concurrent_trials=options.workers,
        ),
        run_config=tune.RunConfig(
            storage_path=str(folder / "tune"),
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # the store is the only truth
            callbacks=[_Reporter(link, options.silence_seconds, note_errors())],
        ),
    )
    tuner.fit()


class _LiveOnly:
    """Pickles to nothing: Tune writes itself down to restore a run, which the store makes needless."""

    def __reduce__(self) -> tuple[type[object], tuple[()]]:
        return object, ()


class _GraphSearcher(_LiveOnly, Searcher):
    """Suggests a pack of stages only when what they need is done; one trial of Tune's is one pack."""

    def __init__(self, link: Link, worker: WorkerSettings) -> None:
        super().__init__(metric="training_iteration", mode="max")
        self._link = link
        self._worker = dataclasses.asdict(worker)

    def suggest(self, trial_id: str) -> Any:
        tasks = self._link.ask("take", trial_id)
        if tasks is None:
            return Searcher.FINISHED
        return {"tasks": [dataclasses.asdict(task) for task in tasks], "worker": self._worker} if tasks else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        if not error:  # else the reporter says why
            self._link.ask("over", trial_id)


class _Reporter(_LiveOnly, Callback):
    """Hands what Tune sees to the launch, and ends workers that give no sign."""

    def __init__(self, link: Link, silence_seconds: float, last: LastError) -> None:
        self._link = link
        self._last = last
        self._silence_seconds = silence_seconds
        self._signs: dict[str, tuple[Trial, float]] = {}  # of those that run: when the last one came
        self._silent: set[str] = set()

    def on_step_end(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        self._link.ask("tick")
        if self._link.stopping:
            self._stop(trials)
        for trial, sign in list(self._signs.values()):  # `trials` are all that there ever were
            actor = trial.temporary_state.ray_actor
            if actor and time.monotonic() - sign > self._silence_seconds:
                self._end_silent(trial.trial_id, actor)

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._signs[trial.trial_id] = trial, time.monotonic()
        self._link.ask("started", trial.trial_id)

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        self._signs[trial.trial_id] = trial, time.monotonic()
        reports = [_report(stage) for stage in result["stages"]]
        early = self._link.ask("told", trial.trial_id, reports, result["peak_memory_bytes"])
        actor: Any = trial.temporary_state.ray_actor
        if early and actor:
            actor.end_early.remote(early)  # which an actor does before its next step: it works in order

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._signs.pop(trial.trial_id, None)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._signs.pop(trial.trial_id, None)
        if loss := dead_process():
            self._link.tell("lost", loss)
        death = death_of(self._last.error, silent=trial.trial_id in self._silent)
        self._link.ask("died", trial.trial_id, death)

    def _stop(self, trials: list[Trial]) -> None:
        """Let all workers keep a checkpoint, and end; Tune itself would grant them five seconds."""
        running: list[Any] = [trial.temporary_state.ray_actor for trial in trials if trial.status == Trial.RUNNING]
        if stopped := [actor.stop.remote() for actor in running if actor]:
            ray.wait(stopped, num_returns=len(stopped))
        self._link.tell("ended")
        self._link.take()  # until the launch ends this process

    def _end_silent(self, trial_id: str, actor: Any) -> None:
        """Kill a worker; Tune hears of it as of any other that died."""
        self._silent.add(trial_id)
        del self._signs[trial_id]
        ray.kill(actor)


def _report(stage: dict[str, Any]) -> Report:
    """Return what a worker says of a stage, which comes through Tune as a dictionary."""
    outcome = Outcome(**stage["outcome"]) if stage["outcome"] else None
    return Report(**{**stage, "outcome": outcome})
