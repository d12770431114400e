"""Signals that ask a launch to stop."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

_HANG_UP = getattr(signal, "SIGHUP", None)
"""A closed terminal; Windows has none."""


class Stoppable(Protocol):
    """What can be asked to stop."""

    @property
    def stopping(self) -> bool:
        """Whether it was."""

    def stop(self) -> None:
        """Ask it."""


@contextmanager
def stop_on_signals(what: Stoppable) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into a request to stop; a second one raises KeyboardInterrupt.

    A closed terminal never counts as the second: the shell repeats the kernel's signal. Where it is ignored (nohup), it
    stays so.
    """

    def request(number: int, frame: FrameType | None) -> None:
        if number == _HANG_UP:
            _leave_terminal()
        if not what.stopping:
            what.stop()
        elif number != _HANG_UP:
            raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if _HANG_UP is not None and signal.getsignal(_HANG_UP) != signal.SIG_IGN:
        numbers.append(_HANG_UP)
    previous = {number: signal.signal(number, request) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave_terminal() -> None:
    """Let what is still printed go nowhere: writing to a terminal that is gone fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (sys.__stdout__, sys.__stderr__):
        if descriptor is not None and descriptor.isatty():
            os.dup2(nowhere, descriptor.fileno())
    os.close(nowhere)
