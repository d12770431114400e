"""A queue that asks for more tasks when it runs dry."""

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.planning.queue import StageTask, TaskQueue

More = Callable[[], list[StageTask] | None]
"""Gives further tasks, which may be none, since the store has them; None when there will never be any more."""


@dataclass
class GrowingQueue(TaskQueue):
    """Hands out tasks as a `TaskQueue`, and asks for more while fewer are ready than a pack takes."""

    more: More = field(default=lambda: None)
    """Asked for further tasks."""
    _over: bool = field(init=False, default=False)

    def next_pack(self, running: int = 0) -> list[StageTask]:
        """Hand out ready tasks, as late as that lets what they are depend on most results."""
        while not self._over and len(self._ready) < self.pack:
            tasks = self.more()
            self._over = tasks is None
            self.add(tasks or ())
        return super().next_pack(running)

    @property
    def finished(self) -> bool:
        """Whether every task is closed or dropped, and no more will come."""
        return self._over and super().finished
