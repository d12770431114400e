"""Who is told what happens while stages run."""

from typing import Protocol

from orchestrator.planning.queue import Outcome, StageTask


class Listener(Protocol):
    """Receiver of what happens to the stages of a launch, in the launching process."""

    def started(self, task: StageTask) -> None:
        """A worker took up a stage."""

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """A stage has finished so many epochs, of which some come from a checkpoint."""

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        """A stage is over; a done one is in the store."""

    def put_back(self, task: StageTask) -> None:
        """A stage ran short of memory, or its process died: it waits again."""

    def say(self, line: str) -> None:
        """Something happened that people should know."""

    def tick(self) -> None:
        """Time has passed; called every second or so."""

    @property
    def stopping(self) -> bool:
        """Whether the user asked to stop: running stages save a checkpoint, no new one starts."""
