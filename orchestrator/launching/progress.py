"""Progress of a launch, for people."""

import time
from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from orchestrator.launching.pace import Pace
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store.status import Status

LINE_SECONDS = 10.0
DESCRIPTION_WIDTH = 48


@dataclass(kw_only=True)
class Counts:
    """How far a launch is, in trials; work is counted in stages."""

    trials: int
    """Trials of the sweep."""
    before: int
    """Trials that were finished before the launch."""
    pace: Pace
    """Of the launch's stages."""
    done: int = 0
    failed: int = 0

    def line(self) -> str:
        """Return all of it as one line."""
        remaining = self.pace.remaining()
        eta = "?" if remaining is None else str(remaining)
        finished = self.before + self.done
        running = Counter(run.task.stage for run in self.pace.running.values())
        words = ", ".join(f"{count} {stage}" for stage, count in running.items()) or "nothing"
        return f"{finished}/{self.trials} done, {words} running, {self.failed} failed, ETA {eta}"


class ProgressDisplay:
    """A live display on a terminal; elsewhere plain lines, one for each finished stage and one every ten seconds."""

    def __init__(self, counts: Counts, console: Console) -> None:
        """Show nothing yet; use as a context manager."""
        self.counts = counts
        self.console = console
        self._last_line = time.monotonic()
        description = Column(no_wrap=True, overflow="ellipsis", max_width=DESCRIPTION_WIDTH)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=description),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._total = self._bars.add_task("starting", total=counts.trials, completed=counts.before)
        self._stage_bars: dict[str, TaskID] = {}

    def __enter__(self) -> "ProgressDisplay":
        """Start the display."""
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """End the display."""
        self._bars.stop()

    def started(self, task: StageTask) -> None:
        """Show a stage that started."""
        self.counts.pace.started(task)
        self._remove_bar(task)
        self._stage_bars[task.stage_id] = self._bars.add_task(f"{task.stage} {task.label}", total=task.epochs)
        self._refresh()

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """Show how far a stage is."""
        self.counts.pace.advanced(task, epoch, restored)
        self._bars.update(self._stage_bars[task.stage_id], completed=epoch, total=max(epoch, task.epochs))

    def ended(self, task: StageTask, outcome: Outcome, trials: int) -> None:
        """Show that a stage is over, and with it so many trials."""
        counts = self.counts
        counts.pace.ended(task, done=outcome.status == Status.DONE)
        if outcome.status == Status.FAILED:
            counts.failed += trials
        else:
            counts.done += trials
        self._remove_bar(task)
        reason = f": {outcome.error}" if outcome.error else ""
        trial = f" trial={task.trial_ids[0]}" if len(task.trial_ids) == 1 else ""
        self.say(f"{outcome.status:8} {task.stage} {task.label}{trial}{reason}  [{counts.line()}]")
        self._refresh()

    def put_back(self, task: StageTask) -> None:
        """Show that a stage waits again."""
        self.counts.pace.put_back(task)
        self._remove_bar(task)

    def tick(self) -> None:
        """Show that time passes."""
        self._refresh()
        if not self.console.is_terminal and time.monotonic() - self._last_line > LINE_SECONDS:
            self.say(self.counts.line())

    def say(self, line: str) -> None:
        """Print a line above the display."""
        self._last_line = time.monotonic()
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _remove_bar(self, task: StageTask) -> None:
        if (bar := self._stage_bars.pop(task.stage_id, None)) is not None:
            self._bars.remove_task(bar)

    def _refresh(self) -> None:
        counts = self.counts
        self._bars.update(self._total, description=counts.line(), completed=counts.before + counts.done)
