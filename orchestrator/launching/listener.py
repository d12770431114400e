"""What a launch does with what it is told while stages run."""

import time
from datetime import UTC, datetime

from orchestrator.launching.progress import ProgressDisplay
from orchestrator.launching.recorder import Recorder
from orchestrator.planning.queue import Outcome, StageTask

RUNNING_FILE_SECONDS = 2.0


class LaunchListener:
    """What is told while stages run: recorded, shown, and written down for `status`."""

    def __init__(self, recorder: Recorder, display: ProgressDisplay) -> None:
        """Begin with nothing."""
        self.store = recorder.store
        self.recorder = recorder
        self.display = display
        self.stopping = False
        self._written: dict[str, float] = {}

    def started(self, task: StageTask) -> None:
        """Show and write down a stage that a worker took up."""
        self.display.started(task)
        self._write_running(task, 0)

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """Show and, now and then, write down how far a stage is."""
        self.display.advanced(task, epoch, restored)
        if time.monotonic() - self._written.get(task.stage_id, 0.0) > RUNNING_FILE_SECONDS:
            self._write_running(task, epoch)

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        """Keep what a stage completes."""
        trials = self.recorder.ended(task, outcome)
        self._clear_running(task.stage_id)
        self.display.ended(task, outcome, trials)

    def put_back(self, task: StageTask) -> None:
        """Forget a stage that ran."""
        self._clear_running(task.stage_id)
        self.display.put_back(task)

    def say(self, line: str) -> None:
        """Show a line."""
        self.display.say(line)

    def tick(self) -> None:
        """Show that time passes."""
        self.display.tick()

    def stop(self) -> None:
        """Let running stages keep a checkpoint, and end."""
        self.stopping = True
        running = bool(self.display.counts.pace.running)
        self.say("stopping: running trials save a checkpoint; once more to stop at once" if running else "stopping")

    def close(self) -> None:
        """Nothing runs any more, however it ended."""
        for stage_id in list(self._written):
            self._clear_running(stage_id)

    def _write_running(self, task: StageTask, epoch: int) -> None:
        self._written[task.stage_id] = time.monotonic()
        progress = {"trial_ids": task.trial_ids, "stage": task.stage, "label": task.label}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        epochs = max(epoch, task.epochs)
        self.store.write_running(task.stage_id, {**progress, "epoch": epoch, "epochs": epochs, "updated_at": now})

    def _clear_running(self, stage_id: str) -> None:
        self._written.pop(stage_id, None)
        self.store.clear_running(stage_id)
