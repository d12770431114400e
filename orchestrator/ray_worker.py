"""What runs in a worker process of Ray."""

import dataclasses
from typing import Any

from ray import tune

from orchestrator.job import StageJob, Worker
from orchestrator.tasks import StageTask

SLICE_SECONDS = 1.0


class StageTrainable(tune.Trainable):
    """A reusable actor that runs one stage after another."""

    def setup(self, config: dict[str, Any]) -> None:
        """Take up a stage."""
        worker = Worker(**config["worker"])
        self._job = StageJob(StageTask(**config["task"]), worker)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take up the next stage in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train for a while and tell how far the stage is."""
        self._job.work(SLICE_SECONDS)
        outcome = self._job.outcome
        ended = dataclasses.asdict(outcome) if outcome else None
        restored = self._job.restored_epochs
        return {"epoch": self._job.epoch, "restored": restored, "outcome": ended, "done": outcome is not None}

    def cleanup(self) -> None:
        """Keep a checkpoint when a stage is stopped on the way."""
        self._job.save_checkpoint()

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        """Nothing for Tune to keep: the store is the only truth."""
        return {}

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Nothing of Tune's to load."""
