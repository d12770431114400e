"""The graph of stage runs that a sweep still needs."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CROWDED = "crowded"
"""Status of a stage for which memory ran out beside others: it is to run again in a smaller pack."""


@dataclass(frozen=True, kw_only=True)
class StageTask:
    """One stage to run; a worker needs nothing else but the store and the data."""

    stage_id: str
    stage: str
    """`stage1`, `fcn`, `stage2` or `samples`."""
    config: dict[str, Any]
    """The flat values of a trial that contains the stage."""
    label: str
    """For people: dataset, method and what else tells it apart."""
    trial_ids: tuple[str, ...]
    """The trials that wait for it."""
    needs: tuple[str, ...] = ()
    """Ids of the stages whose results it reads."""
    epochs: int = 1
    flops: float = 1.0
    """Expected work, for progress and the remaining time."""
    memory_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a stage run ended."""

    stage_id: str
    status: str
    """`done`, `failed`, `diverged`, or CROWDED."""
    error: str | None = None
    traceback: str | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    """Of a stage that did not succeed; that of a done one is in its record."""


def longest_first(tasks: Iterable[StageTask]) -> list[StageTask]:
    """Order tasks so that trials with the most work left begin first, and are finished one after the other.

    The end of a sweep is then made of short trials, and workers wait little for a last long one (list scheduling by
    longest processing time, Graham 1969, SIAM J. Appl. Math. 17). Trials of equal work keep their order.
    """
    tasks = list(tasks)
    work: defaultdict[str, float] = defaultdict(float)
    for task in tasks:
        for trial_id in task.trial_ids:
            work[trial_id] += task.flops
    return sorted(tasks, key=lambda task: max(work[trial_id] for trial_id in task.trial_ids), reverse=True)


@dataclass
class TaskQueue:
    """Hands out tasks whose needs are done, singly or in packs."""

    tasks: Iterable[StageTask]
    pack: int = 1
    """Tasks of a pack, at most; halved when memory runs out."""
    workers: int = 1
    """Among how many workers ready tasks are shared out."""
    _waiting: dict[str, StageTask] = field(init=False)
    _unfinished: dict[str, StageTask] = field(init=False)

    def __post_init__(self) -> None:
        """Queue all tasks, in the order given."""
        self._waiting = {task.stage_id: task for task in self.tasks}
        self._unfinished = dict(self._waiting)

    def next_ready(self) -> StageTask | None:
        """Hand out the first task that waits for nothing; None while there is none."""
        for stage_id, task in self._waiting.items():
            if self._unfinished.keys().isdisjoint(task.needs):
                return self._waiting.pop(stage_id)
        return None

    def next_pack(self) -> list[StageTask]:
        """Hand out ready tasks, in order: a full pack, or a worker's share where there are fewer, or none."""
        ready = [task for task in self._waiting.values() if self._unfinished.keys().isdisjoint(task.needs)]
        size = min(self.pack, math.ceil(len(ready) / self.workers))
        return [self._waiting.pop(task.stage_id) for task in ready[:size]]

    def put_back(self, tasks: Iterable[StageTask]) -> None:
        """Take back tasks that were too many for one worker; packs are half as large from now on."""
        self._waiting = {task.stage_id: task for task in tasks} | self._waiting
        self.pack = max(1, self.pack // 2)

    def unfinished(self, stage_id: str) -> bool:
        """Whether a task is neither closed nor dropped."""
        return stage_id in self._unfinished

    @property
    def finished(self) -> bool:
        """Whether every task is closed or dropped."""
        return not self._unfinished

    def close(self, outcome: Outcome) -> Iterator[tuple[StageTask, Outcome]]:
        """Take note of an outcome; report it and, where it is no success, drop and report each task that needed it."""
        yield self._unfinished.pop(outcome.stage_id), outcome
        if outcome.status == "done":
            return
        for task in [task for task in self._waiting.values() if outcome.stage_id in task.needs]:
            if self._waiting.pop(task.stage_id, None) is None:  # dropped with another task that it needs
                continue
            error = f"not run: the {outcome.status} stage {outcome.stage_id} is needed first: {outcome.error}"
            dropped = Outcome(stage_id=task.stage_id, status=outcome.status, error=error, traceback=outcome.traceback)
            yield from self.close(dropped)


def makespan(tasks: Iterable[StageTask], seconds: Mapping[str, float], workers: int) -> float:
    """Return when the last of some tasks ends, handed out in their order to so many workers.

    Args:
        tasks: what is to run.
        seconds: how long each takes, by stage id.
        workers: how many run at a time, at least 1.
    """
    queue, now = TaskQueue(tasks), 0.0
    running: list[tuple[float, str]] = []
    while True:
        while len(running) < workers and (task := queue.next_ready()):
            heapq.heappush(running, (now + seconds[task.stage_id], task.stage_id))
        if not running:
            return now
        now, ended = heapq.heappop(running)
        list(queue.close(Outcome(stage_id=ended, status="done")))
