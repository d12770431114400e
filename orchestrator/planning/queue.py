"""The graph of stage runs that a sweep still needs."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.store.status import Status


@dataclass(frozen=True, kw_only=True)
class StageTask:
    """One stage to run; a worker needs nothing else but the store and the data."""

    stage_id: str
    stage: str
    """Name of its kind."""
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
    graphs: bool = True
    """Whether its step may be captured as a CUDA graph; not after that failed."""
    watched: str = ""
    """The column of its history by which it may be ended early, told epoch by epoch; empty: it runs to its end."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a stage run ended."""

    stage_id: str
    status: Status
    """DONE, FAILED, DIVERGED, PRUNED or CROWDED."""
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
    """Hands out tasks whose needs are done, singly or in packs, without a look at all the others."""

    tasks: Iterable[StageTask]
    pack: int = 1
    """Tasks of a pack, at most; `shrink` makes it smaller."""
    workers: int = 1
    """How many packs run at a time."""
    _waiting: dict[str, StageTask] = field(init=False)
    """Neither handed out nor over."""
    _unfinished: dict[str, StageTask] = field(init=False)
    """Neither closed nor dropped."""
    _lacking: Counter[str] = field(init=False, default_factory=Counter)
    """By task, how many of its needs are unfinished."""
    _needed_by: defaultdict[str, list[str]] = field(init=False, default_factory=lambda: defaultdict(list))
    _places: dict[str, int] = field(init=False, default_factory=dict)
    """By task, its place in the order; those that were put back have one before all others."""
    _front: int = field(init=False, default=0)
    """The first place that is taken."""
    _ready: dict[str, int] = field(init=False, default_factory=dict)
    """Places of the waiting tasks that lack nothing."""
    _order: list[tuple[int, str]] = field(init=False, default_factory=list)
    """A heap of place and task; it has all that are ready, and some that were."""

    def __post_init__(self) -> None:
        """Queue all tasks, in the order given."""
        self._waiting, self._unfinished = {}, {}
        self.add(self.tasks)

    def add(self, tasks: Iterable[StageTask]) -> None:
        """Queue more tasks behind all others; one that is there already is that of more trials from now on."""
        new = {}
        for task in tasks:
            if task.stage_id in self._unfinished:
                self._share(task)
            else:
                new[task.stage_id] = task
        self._waiting |= new
        self._unfinished |= new
        for place, (stage_id, task) in enumerate(new.items(), start=len(self._places)):
            self._places[stage_id] = place
            for need in task.needs:
                if need in self._unfinished:
                    self._lacking[stage_id] += 1
                    self._needed_by[need].append(stage_id)
            self._make_ready(stage_id)

    def next_pack(self, running: int = 0) -> list[StageTask]:
        """Hand out ready tasks, in order: a full pack, or a worker's share where there are fewer, or none.

        Args:
            running: packs that run now; ready tasks are shared out among the other workers.
        """
        size = min(self.pack, math.ceil(len(self._ready) / max(1, self.workers - running)))
        found: list[StageTask] = []
        while len(found) < size:
            place, stage_id = heapq.heappop(self._order)
            if self._ready.get(stage_id) == place:
                del self._ready[stage_id]
                found.append(self._waiting.pop(stage_id))
        return found

    def put_back(self, tasks: Iterable[StageTask]) -> None:
        """Take back tasks, to hand them out before all others."""
        tasks = list(tasks)
        self._front -= len(tasks)
        for place, task in enumerate(tasks, start=self._front):
            self._waiting[task.stage_id] = task
            self._places[task.stage_id] = place
            self._make_ready(task.stage_id)

    def shrink(self, size: int) -> None:
        """Make packs half as large as one that was too much for a worker, or leave them if they are that small."""
        self.pack = max(1, min(self.pack, size // 2))

    def unfinished(self, stage_id: str) -> bool:
        """Whether a task is neither closed nor dropped."""
        return stage_id in self._unfinished

    @property
    def waiting(self) -> list[StageTask]:
        """Tasks that are neither handed out nor over."""
        return list(self._waiting.values())

    @property
    def finished(self) -> bool:
        """Whether every task is closed or dropped."""
        return not self._unfinished

    def close(self, outcome: Outcome) -> Iterator[tuple[StageTask, Outcome]]:
        """Take note of an outcome; report it and, where it is no success, drop and report each task that needed it."""
        self._waiting.pop(outcome.stage_id, None)
        self._ready.pop(outcome.stage_id, None)
        closed = self._unfinished.pop(outcome.stage_id)
        for stage_id in self._needed_by[outcome.stage_id]:
            self._lacking[stage_id] -= 1
            if outcome.status == Status.DONE:
                self._make_ready(stage_id)
        yield closed, outcome
        if outcome.status == Status.DONE:
            return
        for stage_id in sorted(self._needed_by[outcome.stage_id], key=self._places.__getitem__):
            if stage_id not in self._waiting:  # dropped with another task that it needs
                continue
            error = f"not run: the {outcome.status} stage {outcome.stage_id} is needed first: {outcome.error}"
            dropped = Outcome(stage_id=stage_id, status=outcome.status, error=error, traceback=outcome.traceback)
            yield from self.close(dropped)

    def _share(self, task: StageTask) -> None:
        """Let an unfinished task be that of further trials, too."""
        there = self._unfinished[task.stage_id]
        shared = replace(there, trial_ids=tuple(dict.fromkeys((*there.trial_ids, *task.trial_ids))))
        self._unfinished[task.stage_id] = shared
        if task.stage_id in self._waiting:
            self._waiting[task.stage_id] = shared

    def _make_ready(self, stage_id: str) -> None:
        """Let a task be handed out, if it waits and lacks nothing."""
        if stage_id in self._waiting and not self._lacking[stage_id]:
            self._ready[stage_id] = self._places[stage_id]
            heapq.heappush(self._order, (self._places[stage_id], stage_id))


def makespan(stages: Iterable[StageTask], seconds: Mapping[str, float], workers: int) -> float:
    """Return when the last of some tasks ends, handed out in their order to so many workers.

    Args:
        stages: what is to run.
        seconds: how long each takes, by stage id.
        workers: how many run at a time, at least 1.
    """
    queue, now = TaskQueue(stages), 0.0
    running: list[tuple[float, str]] = []
    while True:
        while len(running) < workers and (tasks := queue.next_pack()):
            heapq.heappush(running, (now + seconds[tasks[0].stage_id], tasks[0].stage_id))
        if not running:
            return now
        now, ended = heapq.heappop(running)
        list(queue.close(Outcome(stage_id=ended, status=Status.DONE)))
