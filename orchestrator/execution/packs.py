"""The packs that run, and the rules for what becomes of them: the same for every executor, whatever happens to it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.execution.death import Death
from orchestrator.execution.listener import Listener
from orchestrator.execution.room import Room
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue
from orchestrator.store.status import Status

Judge = Callable[[StageTask, Mapping[int, float]], Mapping[str, str]]
"""Told what is watched of a stage, by epoch; says which trials are to end early, by id, and why."""

CRASHES = 2
"""After so many deaths of its process, alone, a stage has failed."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How far a stage is, as its worker says."""

    stage_id: str
    """Which one."""
    epoch: int = 0
    """Finished epochs."""
    restored: int = 0
    """Those of them that come from a checkpoint."""
    values: Mapping[int, float] = field(default_factory=dict)
    """What is watched of it, by epoch, since the last report."""
    outcome: Outcome | None = None
    """How it ended; None while it runs."""


def to_their_end(task: StageTask, values: Mapping[int, float]) -> Mapping[str, str]:
    """The judge of launches that end no trial early."""
    return {}


@dataclass
class Pack:
    """Stages side by side in one worker."""

    tasks: dict[str, StageTask]
    """By stage id."""
    peak_memory_bytes: int = 0
    """Of the worker, as it said last."""
    beside: bool = False
    """Whether others ran at any time while it did."""
    waits_since: float | None = field(default_factory=lambda: time.monotonic())
    """Since when it waits for its worker to start, by the monotonic clock; None once that has."""


@dataclass
class Packs:
    """Hands out packs of a queue, and settles what becomes of them.

    A stage that ends is closed in the queue, with all that needed it where it failed. A pack whose worker dies, or runs
    short of memory, comes back in halves; a stage that kills its worker twice, alone, has failed; where memory is short
    beside others, fewer run at a time for a while. One whose step cannot be captured as a CUDA graph runs without.
    """

    queue: TaskQueue
    listener: Listener
    """Is told of all of it."""
    judge: Judge = to_their_end
    """Ends trials early."""
    ending: dict[str, str] = field(default_factory=dict)
    """Trials that are to end early, by id, and why."""
    room: Room = field(default_factory=Room)
    running: dict[str, Pack] = field(default_factory=dict)
    """By the executor's name for the pack."""
    crashes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Deaths of a stage's process, alone, by stage id and kind: of memory, or another."""
    ended: int = 0
    """Stages that ended."""

    @property
    def stopping(self) -> bool:
        """Whether the user asked to stop."""
        return self.listener.stopping

    def tick(self) -> None:
        """Time has passed."""
        self.listener.tick()

    def share_among(self, workers: int) -> None:
        """Take note that so many packs can run at a time: few ready stages are shared out among them."""
        self.queue.workers = workers

    def take(self, name: str) -> list[StageTask] | None:
        """Hand out the stages of a pack, none while nothing is ready or has room; None when all have ended."""
        if self.queue.finished:
            return None
        if not self.room.free(len(self.running)):
            return []
        tasks = self.queue.next_pack(len(self.running))
        if tasks:
            self.running[name] = Pack({task.stage_id: task for task in tasks})
            for pack in self.running.values():
                pack.beside = pack.beside or len(self.running) > 1
        return tasks

    def started(self, name: str) -> None:
        """A worker took up a pack."""
        self.running[name].waits_since = None
        for task in self._unfinished(name):
            self.listener.started(task)

    def waiting_seconds(self) -> float:
        """Return for how long a pack has waited for its worker to start, the longest of all."""
        now = time.monotonic()
        return max((now - pack.waits_since for pack in self.running.values() if pack.waits_since), default=0.0)

    def told(self, name: str, reports: Iterable[Report], peak_memory_bytes: int = 0) -> dict[str, str]:
        """A worker says how far the stages of its pack are, and the most memory that it had (0: not known).

        Returns:
            Which of them it is to end early, by stage id, and why.
        """
        pack = self.running[name]
        pack.peak_memory_bytes = peak_memory_bytes
        for report in reports:
            task = pack.tasks[report.stage_id]
            if not self.queue.unfinished(task.stage_id):
                continue
            if task.watched:
                self._end_early(self.judge(task, report.values))
            if report.outcome is None:
                self.listener.advanced(task, report.epoch, report.restored)
            else:
                self._settle(task, report.outcome, len(pack.tasks))
        return {task.stage_id: why for task in self._unfinished(name) if (why := self._why_ended(task))}

    def over(self, name: str) -> None:
        """A pack has left its worker."""
        self.running.pop(name, None)

    def died(self, name: str, death: Death) -> None:
        """A worker died with a whole pack: less at a time finds out which stage it is that kills it, if any."""
        tasks = self._unfinished(name)
        pack, others = self.running.pop(name), len(self.running)
        if death.kind == "node":
            return self._put_back(tasks, "its machine is gone, it runs again on another")
        if death.kind == "capture" and not (death.short and len(tasks) > 1):
            return self._without_graph(tasks, death)
        if len(tasks) > 1:
            self.queue.shrink(len(tasks))
            return self._put_back(tasks, f"{death.words}, it runs again in a smaller pack")
        if death.kind == "memory" and pack.beside:
            limit = self.room.short(others)
            return self._put_back(tasks, f"{death.words}, for a while at most {limit} at a time")
        for task in tasks:
            self._count_crash(task, death, pack)
        return None

    def put_back_all(self) -> int:
        """All workers are gone: what ran waits again, and none is to blame. Returns how many stages these are."""
        tasks = [task for name in list(self.running) for task in self._unfinished(name)]
        self.running.clear()
        self.queue.put_back(tasks)
        for task in tasks:
            self.listener.put_back(task)
        return len(tasks)

    def _end_early(self, reasons: Mapping[str, str]) -> None:
        """Take note of trials that are to end early; stages that wait for them alone, and no running one, are over."""
        if not reasons.keys() - self.ending.keys():
            return
        self.ending |= reasons
        at_work = [task for name in self.running for task in self._unfinished(name) if self._why_ended(task)]
        soon = {trial_id for task in at_work for trial_id in task.trial_ids}
        for task in self.queue.waiting:
            why = self._why_ended(task)
            if why and soon.isdisjoint(task.trial_ids) and self.queue.unfinished(task.stage_id):
                self._settle(task, Outcome(stage_id=task.stage_id, status=Status.PRUNED, error=why), 1)

    def _why_ended(self, task: StageTask) -> str:
        """Return why a stage is to end early; empty where it is not, since a trial needs it that goes on."""
        if not self.ending.keys() >= set(task.trial_ids):
            return ""
        return self.ending[task.trial_ids[0]]

    def _settle(self, task: StageTask, outcome: Outcome, size: int) -> None:
        """Close a stage of a pack of so many, and all that its end ends; one that was crowded out waits again."""
        self.ended += 1
        if outcome.status == Status.CROWDED:
            self.queue.shrink(size)
            return self._put_back([task], "memory ran out beside others, it runs again in a smaller pack")
        for closed, how in self.queue.close(outcome):
            self.listener.ended(closed, how)
        return None

    def _without_graph(self, tasks: list[StageTask], death: Death) -> None:
        """Run a stage without a CUDA graph from now on, and again what was beside it: its process is of no more use."""
        for task in reversed(tasks):  # each is put before all others
            if death.stage_id in ("", task.stage_id):
                self._put_back([replace(task, graphs=False)], f"{death.words}, it runs again without")
            else:
                self._put_back([task], "another step beside it could not be captured as a CUDA graph, it goes on")

    def _count_crash(self, task: StageTask, death: Death, pack: Pack) -> None:
        of_memory = death.kind == "memory"
        key = (task.stage_id, "memory" if of_memory else "other")
        self.crashes[key] += 1
        if self.crashes[key] < CRASHES:
            if of_memory:
                self.room.short(0)
            return self._put_back([task], f"{death.words}, it runs once more")
        if of_memory:
            self.room.found()
        error = f"{death.words}, {CRASHES} times, alone{death.advice(task, pack.peak_memory_bytes)}"
        failed = Outcome(stage_id=task.stage_id, status=Status.FAILED, error=error, traceback=death.text)
        return self._settle(task, failed, 1)

    def _put_back(self, tasks: list[StageTask], why: str) -> None:
        self.queue.put_back(tasks)
        for task in tasks:
            self.listener.put_back(task)
            self.listener.say(f"put back {task.stage} {task.label}: {why}")

    def _unfinished(self, name: str) -> list[StageTask]:
        return [task for stage_id, task in self.running[name].tasks.items() if self.queue.unfinished(stage_id)]
