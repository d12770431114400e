"""One stage run inside a worker."""

import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.errors import CheckpointError, DivergedError
from ncvq_core.memory import release_freed_memory
from ncvq_core.stage_run import StageResult, StageRun
from orchestrator.checkpoint import restore_checkpoint, write_checkpoint
from orchestrator.provenance import provenance
from orchestrator.stage_runs import details_of, needed_models, new_run
from orchestrator.store import StageRecord, Store, bytes_checksum
from orchestrator.tasks import Outcome, StageTask

CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Worker:
    """What all jobs of a launch have in common."""

    store: Path
    data_dir: Path | None = None
    device: str = "cpu"
    threads: int = 1
    debug: bool = False
    """Let an exception through instead of recording it."""


class StageJob:
    """Runs one stage in slices of time, from its checkpoint where there is one, and keeps its result in the store.

    Whatever is raised becomes an outcome, so that one trial's failure is no other's.
    """

    def __init__(self, task: StageTask, worker: Worker) -> None:
        """Prepare the run."""
        self.task = task
        self.worker = worker
        self.store = Store(worker.store)
        self.started_at = datetime.now(UTC)
        self.outcome: Outcome | None = None
        self.restored_epochs = 0
        """Epochs that come from a checkpoint."""
        self._run: StageRun | None = None
        self._needed: dict[str, str] = {}
        self._checkpoint_path = self.store.checkpoint_path(task.stage_id)
        self._saved = time.monotonic()

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self._run.epoch if self._run else 0

    def work(self, seconds: float) -> None:
        """Train for about so many seconds; `outcome` is set when the stage is over."""
        try:
            self._work(time.monotonic() + seconds)
        except Exception as error:
            if self.worker.debug:
                raise
            status = "diverged" if isinstance(error, DivergedError) else "failed"
            self._end(status, f"{type(error).__name__}: {error}".splitlines()[0], traceback.format_exc())

    def save_checkpoint(self) -> None:
        """Keep the run's state, so that it can go on in another process."""
        if self._run is None or self.outcome is not None:
            return
        write_checkpoint(self._checkpoint_path, self._run, self.started_at, self._needed)
        self._saved = time.monotonic()

    def _work(self, until: float) -> None:
        if self._run is None:
            if self.store.has_stage(self.task.stage_id):  # an earlier attempt kept it, but died before it could say so
                return self._end("done")
            self._run = self._start()
        while not self._run.finished:
            self._run.advance()
            if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
                self.save_checkpoint()
            if time.monotonic() > until:
                return
        self._keep(self._run)
        self._end("done")

    def _start(self) -> StageRun:
        torch.set_num_threads(self.worker.threads)
        models = needed_models(self.store, self.task)
        self._needed = {stage_id: bytes_checksum(content) for stage_id, content in models.items()}
        run = self._new_run(models)
        if self._checkpoint_path.exists():
            try:
                self.started_at = restore_checkpoint(self._checkpoint_path, run, self._needed)
            except CheckpointError:
                self.store.put_aside_checkpoint(self.task.stage_id)
                return self._new_run(models)
            self.restored_epochs = run.epoch
        return run

    def _new_run(self, models: dict[str, bytes]) -> StageRun:
        config = TrialConfig.from_dict(self.task.config)
        dataset = load_dataset(config.stage1.dataset, self.worker.data_dir)
        return new_run(self.task, config, dataset, models, torch.device(self.worker.device))

    def _keep(self, run: StageRun) -> None:
        result = run.result()
        model = save({name: tensor.contiguous() for name, tensor in result.tensors.items()})
        self.store.write_stage(self.task.stage_id, self._record(run, result, model), model)

    def _record(self, run: StageRun, result: StageResult, model: bytes) -> StageRecord:
        origin = {
            **self._origin(),
            "data_checksum": run.dataset.checksum(),
            "data_notes": "; ".join(result.notes) or None,
        }
        return StageRecord(
            metrics=result.metrics,
            timings={"seconds": result.seconds, "peak_memory_bytes": result.peak_memory_bytes},
            provenance=origin,
            history=result.history,
            details=details_of(self.store, self.task, run.dataset, result, model),
        )

    def _origin(self) -> dict[str, Any]:
        return {
            **provenance(torch.device(self.worker.device)),
            "started_at": self.started_at.isoformat(),
            "dtype": self.task.config["precision"],
        }

    def _end(self, status: str, error: str | None = None, trace: str | None = None) -> None:
        origin = {} if status == "done" else self._origin()
        stage_id = self.task.stage_id
        self.outcome = Outcome(stage_id=stage_id, status=status, error=error, traceback=trace, provenance=origin)
        self._run = None
        release_freed_memory()
        if status == "diverged":
            self._checkpoint_path.unlink(missing_ok=True)
