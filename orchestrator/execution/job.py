"""One stage run inside a worker."""

import gc
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.errors import CheckpointError, DivergedError
from ncvq_core.plugins import PluginError, load_installed, load_plugin
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.kind import Example, Given
from ncvq_core.stages.registry import stage_kind
from ncvq_core.training.lane import Lane
from ncvq_core.training.memory import release_freed_memory
from ncvq_core.training.trainer import Trainer
from orchestrator.errors import CaptureError
from orchestrator.execution.checkpoint import Earlier, restore_checkpoint, write_checkpoint
from orchestrator.execution.faults import capture, in_words, short_of_memory
from orchestrator.execution.models import Model, needed_models, taken_over
from orchestrator.execution.provenance import provenance
from orchestrator.execution.settings import WorkerSettings
from orchestrator.execution.tensor_file import write_tensors
from orchestrator.planning.graph import trial_stage
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store import StageRecord, Store
from orchestrator.store.status import Status

CHECKPOINT_SECONDS = 60.0
CHECKPOINT_COST = 20
"""Checkpoints take at most the twentieth part of the time, those of a whole pack together."""


class StageJob:
    """Adds a store to a run: it goes on from its checkpoint, its result is kept, and what it raises is an outcome.

    So one trial's failure is no other's.
    """

    def __init__(self, task: StageTask, worker: WorkerSettings) -> None:
        """Prepare the run."""
        self.task = task
        self.worker = worker
        self.store = Store(worker.store)
        self.device = torch.device(worker.device)
        self.started_at = datetime.now(UTC)
        self.seconds = 0.0
        """Of work, summed over all processes that it ran in; of time shared with others, its part."""
        self.outcome: Outcome | None = None
        self.restored_epochs = 0
        """Epochs that come from a checkpoint."""
        self.beside = 0
        """How many others work beside it, on the same device."""
        self.news: dict[int, float] = {}
        """What is watched of it, by epoch, until somebody takes it."""
        self._lane = Lane(self.device, capture=worker.graphs and task.graphs)
        self._run: StageRun | None = None
        self._given: Given | None = None
        self._needed: dict[str, str] = {}
        self._remarks: tuple[str, ...] = ()
        self._checkpoint_path = self.store.checkpoint_path(task.stage_id)
        self._saved = time.monotonic()
        self._saving_seconds = 0.0
        self._looked = 0  # epochs of which the news are out

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self._run.epoch if self._run else 0

    def step(self) -> None:
        """Do one piece of work; `outcome` is set when the stage is over."""
        began = time.monotonic()
        with self._failures_recorded():
            self._step(began)
        self.seconds += time.monotonic() - began

    def pause(self) -> None:
        """Wait for the work so far, look at its loss, and keep a checkpoint when that is due."""
        with self._failures_recorded():
            if self._run:
                self._run.check()
            often = max(CHECKPOINT_SECONDS, CHECKPOINT_COST * self._saving_seconds * (1 + self.beside))
            if time.monotonic() - self._saved > often:
                self.save_checkpoint()

    def end_early(self, reason: str) -> None:
        """Keep a checkpoint and end, for a reason, if it has not ended."""
        if self.outcome is None:
            with self._failures_recorded():
                self.save_checkpoint()
                self._end(Status.PRUNED, reason)

    def save_checkpoint(self) -> None:
        """Keep the run's state, so that it can go on in another process."""
        if self._run is None or self.outcome is not None:
            return
        began, earlier = time.monotonic(), Earlier(self.started_at, self.seconds)
        with self._lane.entered():
            write_checkpoint(self._checkpoint_path, self._run, earlier, self._needed)
        self._saved = time.monotonic()
        self._saving_seconds = self._saved - began

    def _step(self, began: float) -> None:
        if self._run is None:
            if self.store.has_stage(self.task.stage_id):  # an earlier attempt kept it, but died before it could say so
                return self._end(Status.DONE)
            self._run = self._start()
            self._look()
        elif not self._run.finished:
            self._capture(self._run.trainer)
            self._run.step()
            self._lane.end_step()
            self._look()
        else:
            self._run.check()
            self._keep(self._run, began)
            self._end(Status.DONE)

    def _look(self) -> None:
        """Take note of what is watched in epochs that have ended since the last look."""
        if self.task.watched and self._run and self._run.epoch > self._looked:
            self.news |= self._run.measured(self.task.watched, self._looked)
            self._looked = self._run.epoch

    def _capture(self, trainer: Trainer | None) -> None:
        if trainer is not None and self._lane.would_capture(trainer):
            capture(self._lane, trainer, self.task, others=self.beside)

    @contextmanager
    def _failures_recorded(self) -> Iterator[None]:
        """Work in the job's lane; what is raised becomes the outcome."""
        try:
            with self._lane.entered():
                yield
        except Exception as error:
            short = short_of_memory(error)
            fatal = isinstance(error, CaptureError) or (isinstance(error, torch.AcceleratorError) and not short)
            if self.worker.debug or fatal:
                raise  # after such an error a GPU is of no more use to this process: let it die
            status = Status.DIVERGED if isinstance(error, DivergedError) else Status.FAILED
            trace, reason = traceback.format_exc(), in_words(error)
            traceback.clear_frames(error.__traceback__)  # they hold what is to be freed
            self._end(Status.CROWDED if short and self.beside else status, reason, trace)

    def _start(self) -> StageRun:
        models = needed_models(self.store, self.task.needs)
        self._needed = {stage_id: model.checksum for stage_id, model in models.items()}
        if self._checkpoint_path.exists():
            run = self._restored(models)
            if run is not None:
                return run
            _free()
        return self._new_run(models)

    def _restored(self, models: Mapping[str, Model]) -> StageRun | None:
        """Return a run that goes on from the checkpoint; None where that does not fit, and is put aside."""
        run = self._new_run(models)
        try:
            earlier = restore_checkpoint(self._checkpoint_path, run, self._needed)
        except CheckpointError as error:
            self.store.put_aside_checkpoint(self.task.stage_id)
            self._remarks = (f"started anew, its checkpoint did not fit: {error}",)
            return None
        self.started_at, self.seconds = earlier
        self.restored_epochs = run.epoch
        return run

    def _new_run(self, models: Mapping[str, Model]) -> StageRun:
        load_installed()
        for plugin in self.worker.plugins:
            load_plugin(plugin)
        config = TrialConfig.from_dict(self.task.config)
        stage = trial_stage(config, self.task.stage)
        if stage.stage_id != self.task.stage_id:
            raise PluginError("a plugin that is installed here is not the one of the launch: install the same package")
        dataset = load_dataset(config.stage1.dataset, self.worker.data_dir)
        needed = {name: models[stage_id].tensors for name, stage_id in stage.needs.items()}
        self._given = Given(config, dataset, needed, self.device)
        return stage.kind.build(self._given)

    def _keep(self, run: StageRun, began: float) -> None:
        result = run.result()
        seconds = self.seconds + time.monotonic() - began
        examples = self._examples(result)
        record = self._record(run, result, seconds)
        write_model = partial(write_tensors, tensors=result.tensors)
        self.store.write_stage(self.task.stage_id, record, write_model, examples)

    def _examples(self, result: StageResult) -> list[Example] | None:
        """Return what figures show of the stage; None where nothing is to be kept, or it cannot be made."""
        kind = stage_kind(self.task.stage)
        if not (self.worker.examples and kind.has_examples and self._given):
            return None
        try:
            return kind.examples(self._given, result.tensors, result.known)
        except torch.AcceleratorError:
            raise
        except Exception as error:
            if self.worker.debug:
                raise
            self._remarks += (f"nothing is kept for figures: {in_words(error)}",)  # no reason to lose the result
            return None

    def _record(self, run: StageRun, result: StageResult, seconds: float) -> StageRecord:
        origin = {
            **self._origin(),
            "data_checksum": run.dataset.checksum(),
            "numerics_version": run.dataset.numerics_version,
            "data_notes": "; ".join((*self._remarks, *result.notes)) or None,
        }
        return StageRecord(
            metrics=result.metrics,
            timings={"seconds": seconds, "peak_memory_bytes": result.peak_memory_bytes},
            provenance=origin,
            history=result.history,
            details={**taken_over(self.store, self.task), **result.details},
            needed=self._needed,
        )

    def _origin(self) -> dict[str, Any]:
        return {
            **provenance(self.device),
            "started_at": self.started_at.isoformat(),
            "dtype": self.task.config["precision"],
        }

    def _end(self, status: Status, error: str | None = None, trace: str | None = None) -> None:
        origin = {} if status == Status.DONE else self._origin()
        stage_id = self.task.stage_id
        self.outcome = Outcome(stage_id=stage_id, status=status, error=error, traceback=trace, provenance=origin)
        self._lane.wait()
        self._run = self._given = None
        _free()
        if status == Status.DIVERGED:
            self._checkpoint_path.unlink(missing_ok=True)


def _free() -> None:
    """Give the memory of a run that is no longer used back to the system."""
    gc.collect()  # a trainer and its optimiser refer to each other
    release_freed_memory()
