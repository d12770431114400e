"""How fast the stages of a launch get on, and how long the rest will take."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.planning.queue import StageTask

FRESH_SECONDS = 1.0
"""An estimate of the remaining time is kept for so long."""


@dataclass(kw_only=True)
class Run:
    """A stage that runs."""

    task: StageTask
    since: float
    """When it was taken up, by the monotonic clock."""
    restored: float | None = None
    """Share of its work that came from a checkpoint, and is no measure of the pace; None while that is not known."""
    share: float = 0.0
    """Share of its work that is done."""

    @property
    def flops(self) -> float:
        """Operations done since it was taken up."""
        return self.task.flops * (self.share - (self.restored or 0.0))


class Pace:
    """Measures, for each kind of stage, the seconds that its operations take, and from them the remaining time.

    Kinds differ much: the network that judges samples has tens of small steps where stage 1 has one large one.

    Args:
        tasks: all stages of the launch.
        known: operations a second by kind of stage, from elsewhere; what this launch measures takes their place.

    Attributes:
        running: what runs now, by stage id.
    """

    def __init__(self, tasks: Iterable[StageTask], known: Mapping[str, float] | None = None) -> None:
        """Begin with nothing measured."""
        self.running: dict[str, Run] = {}
        self._known = {kind: 1 / rate for kind, rate in (known or {}).items()}
        self._waiting = {task.stage_id: task for task in tasks}
        self._flops = sum(task.flops for task in self._waiting.values())
        self._flops_over = 0.0
        self._seconds_of: defaultdict[str, float] = defaultdict(float)
        self._flops_of: defaultdict[str, float] = defaultdict(float)
        self._side_by_side = 1
        self._estimate: tuple[float, timedelta | None] | None = None

    @property
    def share(self) -> float:
        """Part of the launch's work that is done, running stages included."""
        running = sum(run.task.flops * run.share for run in self.running.values())
        return min(1.0, (self._flops_over + running) / self._flops) if self._flops else 1.0

    def started(self, task: StageTask) -> None:
        """A stage was taken up."""
        self._waiting.pop(task.stage_id, None)
        self.running.setdefault(task.stage_id, Run(task=task, since=time.monotonic()))
        self._side_by_side = max(self._side_by_side, len(self.running))
        self._estimate = None

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """A stage has finished so many epochs, of which some come from a checkpoint."""
        run = self.running[task.stage_id]
        run.share = min(1.0, epoch / task.epochs)
        run.restored = min(1.0, restored / task.epochs) if run.restored is None else run.restored

    def ended(self, task: StageTask, *, done: bool) -> None:
        """A stage is over; one that is not done says nothing about the pace."""
        self._waiting.pop(task.stage_id, None)
        self._flops_over += task.flops
        run = self.running.pop(task.stage_id, None)
        if run and done:
            run.share = 1.0
            self._measure(run)
        self._estimate = None

    def put_back(self, task: StageTask) -> None:
        """A stage waits again; what it did is measured all the same."""
        if run := self.running.pop(task.stage_id, None):
            self._measure(run)
        self._waiting[task.stage_id] = task
        self._estimate = None

    def remaining(self) -> timedelta | None:
        """Return the time to the end, at least a second while anything is left; None before there is a pace."""
        now = time.monotonic()
        if self._estimate is None or self._estimate[1] is None or now - self._estimate[0] >= FRESH_SECONDS:
            self._estimate = now, self._remaining(now)
        return self._estimate[1]

    def _remaining(self, now: float) -> timedelta | None:
        left = self._left()
        if not left:
            return timedelta(0)
        rates = self._rates(now)
        if not rates:
            return None
        usual = sum(rates.values()) / len(rates)
        seconds, by_trial = 0.0, dict.fromkeys((trial for task, _ in left for trial in task.trial_ids), 0.0)
        for task, flops in left:
            needed = flops * rates.get(task.stage, usual)
            seconds += needed
            for trial_id in task.trial_ids:
                by_trial[trial_id] += needed
        longest = max(by_trial.values(), default=0.0)  # a trial's stages wait for each other
        return timedelta(seconds=max(1, round(max(seconds / self._side_by_side, longest))))

    def _left(self) -> list[tuple[StageTask, float]]:
        """Return what is to be done of each stage, in operations."""
        left = [(task, task.flops) for task in self._waiting.values()]
        return left + [(run.task, run.task.flops * (1 - run.share)) for run in self.running.values()]

    def _rates(self, now: float) -> dict[str, float]:
        """Return seconds an operation by kind: of this launch where it has any to go by, else those known before."""
        seconds, flops = self._seconds_of.copy(), self._flops_of.copy()
        for run in self.running.values():
            if run.flops > 0:
                seconds[run.task.stage] += now - run.since
                flops[run.task.stage] += run.flops
        return self._known | {kind: seconds[kind] / flops[kind] for kind in flops if seconds[kind] > 0}

    def _measure(self, run: Run) -> None:
        if run.flops > 0:
            self._seconds_of[run.task.stage] += time.monotonic() - run.since
            self._flops_of[run.task.stage] += run.flops
