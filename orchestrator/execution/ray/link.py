"""The driver's side of the socket to the launch."""

import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from orchestrator.execution.ray.watch import end_all


class Link:
    """Speaks to the launch; where that is gone, this process ends."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        """Take over a connection."""
        self._connection = connection
        self._folder = folder
        self._sending = threading.Lock()
        self.stopping = False

    def take(self) -> Any:
        """Return the next thing that the launch says."""
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            return end_all(self._folder)

    def tell(self, name: str, *arguments: object) -> None:
        """Say something that needs no answer."""
        try:
            with self._sending:
                self._connection.send((name, arguments))
        except OSError:
            end_all(self._folder)

    def ask(self, name: str, *arguments: object) -> Any:
        """Say something and return the answer; with each comes whether to stop. For the main thread alone."""
        self.tell(name, *arguments)
        value, self.stopping = self.take()
        return value
