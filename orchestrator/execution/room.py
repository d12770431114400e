"""How many packs run at a time where memory is short."""

import math
import time
from dataclasses import dataclass

PAUSE_SECONDS = 10.0
"""After a death of memory nothing is started for so long: it may be another's, and pass."""
RECOVERY_SECONDS = 600.0
"""After so long without such a death one more may run."""


@dataclass
class Room:
    """Learns from deaths how many packs the memory has room for."""

    limit: int | None = None
    """How many may run at a time; None for no limit."""
    _paused_until: float = -math.inf
    _grows_at: float = math.inf

    def free(self, running: int) -> bool:
        """Whether one more may start beside those that run."""
        now = time.monotonic()
        if self.limit is not None and now >= self._grows_at:
            self.limit, self._grows_at = self.limit + 1, now + RECOVERY_SECONDS
        return now >= self._paused_until and (self.limit is None or running < self.limit)

    def short(self, others: int) -> int:
        """Memory ran out for one beside so many others; returns how many may run from now on."""
        now = time.monotonic()
        self._paused_until, self._grows_at = now + PAUSE_SECONDS, now + RECOVERY_SECONDS
        self.limit = max(1, others)
        return self.limit

    def found(self) -> None:
        """The one for which memory is short, even alone, is found; the others may have room again."""
        self.limit = None
