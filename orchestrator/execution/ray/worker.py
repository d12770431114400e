"""What runs in a worker process of Ray; the driver imports it, too, and needs no torch for it."""

import dataclasses
import os
import threading
import time
from functools import cache
from typing import Any

from ray import tune

from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.queue import StageTask

SLICE_SECONDS = 1.0
ORPHAN_SECONDS = 1.0


class Probe:
    """An actor that says whether workers can be started, and what they see."""

    def sees(self, folder: str) -> bool:
        """Return whether a folder is there."""
        return os.path.isdir(folder)


class PackTrainable(tune.Trainable):
    """Adds a process of Ray's to a pack: an actor that works a second at a time, and takes up the next pack."""

    def setup(self, config: dict[str, Any]) -> None:
        """Take up a pack."""
        _end_with_parent()
        from ncvq_core.training.process import prepare_process
        from orchestrator.execution.pack_job import PackJob

        worker = WorkerSettings(**config["worker"])
        prepare_process(deterministic=worker.deterministic)
        self._pack = PackJob([StageTask(**task) for task in config["tasks"]], worker)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take up the next pack in the same process."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Work for a while and tell how far each stage is that had not ended before."""
        import torch

        from ncvq_core.training.memory import peak_memory_bytes

        stages = [dataclasses.asdict(report) for report in self._pack.work(SLICE_SECONDS)]
        peak = peak_memory_bytes(torch.device("cpu"))
        return {"stages": stages, "peak_memory_bytes": peak, "done": not self._pack.open}

    def end_early(self, reasons: dict[str, str]) -> None:
        """End stages with a checkpoint, by id and why."""
        self._pack.end_early(reasons)

    def cleanup(self) -> None:
        """Keep checkpoints when a pack is stopped on the way."""
        self._pack.save_checkpoints()


@cache
def _end_with_parent() -> None:
    """End this process when Ray's node process, which started it, is gone; all that it writes is whole or not there."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
