"""Trials of no work: an executor that keeps numbers drawn for each stage instead of training it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.execution.executor import Executor
from orchestrator.execution.packs import Packs, Report
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store import Store
from orchestrator.store.stage_folder import StageRecord
from orchestrator.store.status import Status

Effect = Callable[[dict[str, Any]], tuple[float, float]]
"""From the config of a trial to the mean of the log of its val_loss, and the sd that it shares with no other."""


class Trivial(Executor):
    """Runs what a launch hands out, in this process.

    Attributes:
        effect: what the numbers are drawn around.
        salt: what the numbers are drawn with; another one gives other numbers.
        left: stages until the process is stopped, as by Ctrl-C; None for never.
        ran: stages that ran, all launches together.
        log: a file that gets the id of each stage that was kept, whichever process kept it; None for none.
    """

    effect: Effect
    salt: int = 0
    left: int | None = None
    ran: int = 0
    log: Path | None = None

    def execute(self, packs: Packs) -> None:
        """Keep a record of each stage."""
        store = Store(self.worker.store)
        while tasks := packs.take("it"):
            packs.started("it")
            if self.left == 0:
                raise KeyboardInterrupt
            store.write_stage(tasks[0].stage_id, self._record(tasks[0]), _no_weights)
            if self.log:
                with self.log.open("a") as log:
                    log.write(f"{tasks[0].stage_id}\n")
            packs.told("it", [Report(stage_id=tasks[0].stage_id, outcome=_done(tasks[0]))])
            packs.over("it")
            type(self).ran += 1
            type(self).left = None if self.left is None else self.left - 1

    def _record(self, task: StageTask) -> StageRecord:
        mean, sd = type(self).effect(task.config)
        own = json.dumps([task.config, self.salt], sort_keys=True).encode()
        shared = np.random.default_rng([self.salt, task.config["seed"]]).normal()
        noise = np.random.default_rng(list(hashlib.sha256(own).digest())).normal()
        return StageRecord(
            metrics={"val_loss": math.exp(mean + shared + sd * noise)},
            timings={"seconds": 1.0, "peak_memory_bytes": 0.0},
            provenance={"started_at": "2026-01-02T03:04:05+00:00", "device": "cpu"},
            history=[{"epoch": 1, "loss": 1.0}],
        )


def _done(task: StageTask) -> Outcome:
    return Outcome(stage_id=task.stage_id, status=Status.DONE)


def _no_weights(path: Path) -> str:
    path.write_bytes(b"")
    return hashlib.sha256(b"").hexdigest()
