"""The contract of an executor: whatever runs the stages of a launch, here, on Ray or elsewhere."""

import importlib
from abc import ABC, abstractmethod
from pathlib import Path

from ncvq_core.errors import unknown_name
from orchestrator.execution.packs import Packs
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.capacity import Capacity

INLINE, RAY = "inline", "ray"

EXECUTORS = {
    INLINE: "orchestrator.execution.inline:InlineExecutor",
    RAY: "orchestrator.execution.ray.client:RayExecutor",
}
"""Module and class of each executor, by name; a module is imported when its executor is chosen."""


class Executor(ABC):
    """Runs every stage that a launch hands out, in workers of its own making.

    It decides where and when; what is to run next, what a failure means and when to give up is decided by `Packs`, so
    that these rules are the same for all executors. A worker, wherever it is, calls `prepare_process` once and then
    runs a `PackJob` for each pack: that reads and writes the store, which is the only thing that stages leave behind.

    Args:
        worker: what each worker has to know.
        capacity: how many workers, and what each of them takes.
        scratch: folder of this launch for everything that is written beside the store; it goes when the launch ends.
    """

    def __init__(self, worker: WorkerSettings, capacity: Capacity, scratch: Path) -> None:
        """Keep what is given; nothing starts yet."""
        self.worker = worker
        self.capacity = capacity
        self.scratch = scratch

    @abstractmethod
    def execute(self, packs: Packs) -> None:
        """Run to the end of the queue, in the calling thread, and leave no worker behind.

        Handed out: `packs.take(name)` gives the stages of one pack to a worker; `name` is the executor's own word for
        that piece of work. An empty list means that nothing is ready now, None that all is done.

        To be told, always from the calling thread: `packs.started(name)` when the worker begins; `packs.told(name, …)`
        every second or so with what `PackJob.work` returned, whose answer, the stages that are to end early, goes to
        `PackJob.end_early`; `packs.over(name)` when the worker has left the pack, or `packs.died(name, death)` when it
        ended before its stages did; `packs.tick()` at least every second.

        To stop: as soon as `packs.stopping`, no pack is taken any more, the workers keep checkpoints
        (`PackJob.save_checkpoints`), and this returns.

        Raises:
            ExecutorError: workers cannot be started, or are lost again and again; what ended is kept.
        """


def make_executor(name: str, worker: WorkerSettings, capacity: Capacity, scratch: Path) -> Executor:
    """Return the executor of a name, ready to run.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in EXECUTORS:
        raise unknown_name("executor", name, EXECUTORS)
    module, _, kind = EXECUTORS[name].partition(":")
    executor: Executor = getattr(importlib.import_module(module), kind)(worker, capacity, scratch)
    return executor
