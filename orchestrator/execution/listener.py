"""What an executor tells while it works."""

from typing import Protocol

from orchestrator.planning.queue import Outcome, StageTask, TaskQueue
from orchestrator.store.status import Status


class Events(Protocol):
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


def tell_end(queue: TaskQueue, task: StageTask, outcome: Outcome, pack: int, events: Events) -> None:
    """Let a queue and the launch know how a stage of a pack of so many ended, and what that ends with it."""
    if outcome.status == Status.CROWDED:
        queue.shrink(pack)
        queue.put_back([task])
        events.put_back(task)
        events.say(f"put back {task.stage} {task.label}: memory ran out beside others, it runs again in a smaller pack")
        return
    for closed, how in queue.close(outcome):
        events.ended(closed, how)
