"""The packs that run on Ray, as the launch keeps count of them: whatever happens to Ray, this stays."""

import dataclasses
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.execution.listener import Events, tell_end
from orchestrator.execution.ray.room import Room
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue
from orchestrator.store.status import Status

CRASHES = 2
"""After so many deaths of its process, alone, a stage has failed."""


@dataclass(frozen=True, kw_only=True)
class Death:
    """How a worker ended before its pack."""

    kind: Literal["memory", "process", "silent", "node", "raised"]
    """Ray's memory monitor ended it; it was killed or crashed; it gave no sign; its machine died; it raised."""
    reason: str = ""
    """Of one that raised: the last line of its error; of one that memory ended: what the machine had."""
    worker_bytes: int = 0
    """Memory that the worker had when memory ended it; 0 where that is not known."""
    text: str = ""
    """All that Ray says of it."""


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
    """Hands out packs of a queue, and takes note of what becomes of them."""

    queue: TaskQueue
    events: Events
    room: Room = field(default_factory=Room)
    running: dict[str, Pack] = field(default_factory=dict)
    """By Tune's name of the trial that the pack is."""
    crashes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Deaths of a stage's process, alone, by stage id and kind: of memory, or another."""
    ended: int = 0
    """Stages that ended."""

    def suggest(self, name: str) -> list[dict[str, Any]] | None:
        """Hand out the tasks of a pack, none while nothing is ready; None when all have ended."""
        if self.queue.finished:
            return None
        if not self.room.free(len(self.running)):
            return []
        if tasks := self.queue.next_pack(len(self.running)):
            self.running[name] = Pack({task.stage_id: task for task in tasks})
            for pack in self.running.values():
                pack.beside = pack.beside or len(self.running) > 1
        return [dataclasses.asdict(task) for task in tasks]

    def started(self, name: str) -> None:
        """A worker took up a pack."""
        self.running[name].waits_since = None
        for task in self._unfinished(name):
            self.events.started(task)

    def waiting_seconds(self) -> float:
        """Return for how long a pack has waited for its worker to start, the longest of all."""
        now = time.monotonic()
        return max((now - pack.waits_since for pack in self.running.values() if pack.waits_since), default=0.0)

    def result(self, name: str, stages: list[dict[str, Any]], peak_memory_bytes: int) -> None:
        """A worker says how far the stages of its pack are."""
        pack = self.running[name]
        pack.peak_memory_bytes = peak_memory_bytes
        for stage in stages:
            task = pack.tasks[stage["stage_id"]]
            if not self.queue.unfinished(task.stage_id):
                continue
            if stage["outcome"] is None:
                self.events.advanced(task, stage["epoch"], stage["restored"])
            else:
                self._end(task, Outcome(**stage["outcome"]), len(pack.tasks))

    def over(self, name: str) -> None:
        """A pack has left its worker."""
        self.running.pop(name, None)

    def died(self, name: str, death: Death) -> None:
        """A worker died with a whole pack: less at a time finds out which stage it is that kills it, if any."""
        tasks = self._unfinished(name)
        pack, others = self.running.pop(name), len(self.running)
        if death.kind == "node":
            return self._put_back(tasks, "its machine is gone, it runs again on another")
        if len(tasks) > 1:
            self.queue.shrink(len(tasks))
            return self._put_back(tasks, f"{_in_words(death)}, it runs again in a smaller pack")
        if death.kind == "memory" and pack.beside:
            limit = self.room.short(others)
            return self._put_back(tasks, f"{_in_words(death)}, for a while at most {limit} at a time")
        for task in tasks:
            self._count_crash(task, death, pack)
        return None

    def put_back_all(self) -> int:
        """Ray is gone: what ran waits again, and none is to blame. Returns how many stages these are."""
        tasks = [task for name in list(self.running) for task in self._unfinished(name)]
        self.running.clear()
        self.queue.put_back(tasks)
        for task in tasks:
            self.events.put_back(task)
        return len(tasks)

    def _count_crash(self, task: StageTask, death: Death, pack: Pack) -> None:
        of_memory = death.kind == "memory"
        key = (task.stage_id, "memory" if of_memory else "other")
        self.crashes[key] += 1
        if self.crashes[key] < CRASHES:
            if of_memory:
                self.room.short(0)
            return self._put_back([task], f"{_in_words(death)}, it runs once more")
        if of_memory:
            self.room.found()
        error = f"{_in_words(death)}, {CRASHES} times, alone{_advice(death, task, pack)}"
        failed = Outcome(stage_id=task.stage_id, status=Status.FAILED, error=error, traceback=death.text)
        return self._end(task, failed, 1)

    def _put_back(self, tasks: list[StageTask], why: str) -> None:
        self.queue.put_back(tasks)
        for task in tasks:
            self.events.put_back(task)
            self.events.say(f"put back {task.stage} {task.label}: {why}")

    def _end(self, task: StageTask, outcome: Outcome, pack: int) -> None:
        self.ended += 1
        tell_end(self.queue, task, outcome, pack, self.events)

    def _unfinished(self, name: str) -> list[StageTask]:
        return [task for stage_id, task in self.running[name].tasks.items() if self.queue.unfinished(stage_id)]


def _in_words(death: Death) -> str:
    words = {
        "memory": f"memory ran short{f' ({death.reason})' * bool(death.reason)} and Ray ended its worker",
        "process": "its worker process died (killed, or out of memory?)",
        "silent": "its worker process gave no sign and was replaced",
        "raised": f"its worker process failed ({death.reason or 'no reason given'})",
        "node": "its machine is gone",
    }
    return words[death.kind]


def _advice(death: Death, task: StageTask, pack: Pack) -> str:
    """Say how much memory a stage took and was to take, and what would help."""
    if death.kind not in ("memory", "process"):
        return ""
    peak = max(pack.peak_memory_bytes, death.worker_bytes)
    took = f"it had {peak / 1e9:.2f} GB, " if peak else ""
    sparing = "a smaller batch_size, fewer --workers, or less beside ncvq on this machine would help"
    if_short = "" if death.kind == "memory" else "if it was memory, "
    return f": {took}{task.memory_bytes / 1e9:.2f} GB were expected; {if_short}{sparing}"
