"""What an executor tells while it works."""

from typing import Protocol

from orchestrator.tasks import Outcome, StageTask


class Events(Protocol):
    """Receiver of what happens to the stages of a launch, in the launching process."""

    def started(self, task: StageTask) -> None:
        """A worker took up a stage."""

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """A stage has finished so many epochs, of which some come from a checkpoint."""

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        """A stage is over; a done one is in the store."""

    def tick(self) -> None:
        """Time has passed; called every second or so."""

    @property
    def stopping(self) -> bool:
        """Whether the user asked to stop: running stages save a checkpoint, no new one starts."""
