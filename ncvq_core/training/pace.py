"""How far the host runs ahead of a GPU."""

from collections.abc import Callable
from typing import Protocol

ROUNDS_AHEAD = 8
"""Steps of a trainer that may wait on the device: enough to keep it busy, and done within a second."""


class Event(Protocol):
    """A point in a stream's work, such as `torch.cuda.Event`."""

    def record(self) -> None:
        """Put it behind the work that the current stream was given so far."""

    def synchronize(self) -> None:
        """Wait until that work is done."""


class Pace:
    """Lets the host be some rounds ahead of a stream, and no more.

    A launched CUDA graph costs the host microseconds and the device milliseconds: without this, hundreds of steps wait
    in a queue, and progress, checkpoints and an interrupt lag by as much.

    Args:
        event: makes an event.
        ahead: rounds that may be open.
    """

    def __init__(self, event: Callable[[], Event], ahead: int = ROUNDS_AHEAD) -> None:
        """Make the events."""
        self._events = [event() for _ in range(ahead)]
        self._rounds = 0

    def end_round(self) -> None:
        """Note the end of a round on the current stream, and wait for the end of the one `ahead` rounds before it."""
        event = self._events[self._rounds % len(self._events)]
        if self._rounds >= len(self._events):
            event.synchronize()
        event.record()
        self._rounds += 1
