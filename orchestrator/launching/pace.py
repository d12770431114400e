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
        self._waiting_flops = _by_kind(self._waiting.values())
        self._most = _most_of_a_trial(self._waiting.values())
        self._flops = sum(self._waiting_flops.values())
        self._flops_over = 0.0
        self._seconds_of: defaultdict[str, float] = defaultdict(float)
        self._flops_of: defaultdict[str, float] = defaultdict(float)
        self._side_by_side = 1
        self._later: Mapping[str, float] = {}
        self._estimate: tuple[float, timedelta | None] | None = None

    @property
    def share(self) -> float:
        """Part of the launch's work that is done, running stages included."""
        running = sum(run.task.flops * run.share for run in self.running.values())
        total = self._flops + sum(self._later.values())
        return min(1.0, (self._flops_over + running) / total) if total else 1.0

    def add(self, tasks: Iterable[StageTask], later: Mapping[str, float]) -> None:
        """Stages became known that are to run, too; `later` are the operations of those that are not known yet."""
        for task in (
            task for task in tasks if task.stage_id not in self._waiting and task.stage_id not in self.running
        ):
            self._waiting[task.stage_id] = task
            self._waiting_flops[task.stage] += task.flops
            self._flops += task.flops
        self._later = later
        self._estimate = None

    def started(self, task: StageTask) -> None:
        """A stage was taken up."""
        self._wait_no_more(task)
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
        self._wait_no_more(task)
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
        self._wait_no_more(task)
        self._waiting[task.stage_id] = task
        self._waiting_flops[task.stage] += task.flops
        self._estimate = None

    def remaining(self) -> timedelta | None:
        """Return the time to the end, at least a second while anything is left; None before there is a pace."""
        now = time.monotonic()
        if self._estimate is None or self._estimate[1] is None or now - self._estimate[0] >= FRESH_SECONDS:
            self._estimate = now, self._remaining(now)
        return self._estimate[1]

    def _remaining(self, now: float) -> timedelta | None:
        if not self._waiting and not self.running and not any(self._later.values()):
            return timedelta(0)
        rates = self._rates(now)
        if not rates:
            return None
        usual = sum(rates.values()) / len(rates)
        left = self._waiting_flops.copy()
        for kind, flops in self._later.items():
            left[kind] += flops
        for run in self.running.values():
            left[run.task.stage] += run.task.flops * (1 - run.share)
        shared = sum(flops * rates.get(kind, usual) for kind, flops in left.items()) / self._side_by_side
        if shared < sum(flops * rates.get(kind, usual) for kind, flops in self._most.items()):  # so towards the end
            shared = max(shared, self._longest(rates, usual))
        return timedelta(seconds=max(1, round(shared)))

    def _longest(self, rates: Mapping[str, float], usual: float) -> float:
        """Return the seconds that the longest trial still needs: its stages wait for each other."""
        left = [(task, task.flops) for task in self._waiting.values()]
        left += [(run.task, run.task.flops * (1 - run.share)) for run in self.running.values()]
        needed: defaultdict[str, float] = defaultdict(float)
        for task, flops in left:
            for trial_id in task.trial_ids:
                needed[trial_id] += flops * rates.get(task.stage, usual)
        return max(needed.values(), default=0.0)

    def _wait_no_more(self, task: StageTask) -> None:
        if self._waiting.pop(task.stage_id, None):
            self._waiting_flops[task.stage] -= task.flops

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


def _by_kind(tasks: Iterable[StageTask]) -> defaultdict[str, float]:
    """Return the operations of tasks by kind of stage."""
    flops: defaultdict[str, float] = defaultdict(float)
    for task in tasks:
        flops[task.stage] += task.flops
    return flops


def _most_of_a_trial(tasks: Iterable[StageTask]) -> dict[str, float]:
    """Return the most operations that any trial has of each kind of stage: no trial has more than all of these."""
    of_trials: defaultdict[tuple[str, str], float] = defaultdict(float)
    for task in tasks:
        for trial_id in task.trial_ids:
            of_trials[task.stage, trial_id] += task.flops
    most: dict[str, float] = {}
    for (kind, _), flops in of_trials.items():
        most[kind] = max(most.get(kind, 0.0), flops)
    return most
