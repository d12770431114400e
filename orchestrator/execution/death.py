"""How a worker ends before its stages do, in words."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.planning.queue import StageTask


@dataclass(frozen=True, kw_only=True)
class Death:
    """How a worker ended before its pack."""

    kind: Literal["memory", "process", "silent", "node", "raised", "capture"]
    """It was ended for memory; it was killed or crashed; it gave no sign; its machine died; it raised;
    a step could not be captured as a CUDA graph."""
    reason: str = ""
    """The last line of the error, where it raised or could not capture; what the machine had when memory ended it."""
    ended_by: str = "the system"
    """Who ended a worker for memory."""
    worker_bytes: int = 0
    """Memory that the worker had when memory ended it; 0 where that is not known."""
    stage_id: str = ""
    """Of the stage whose step could not be captured; empty where that is not known."""
    short: bool = False
    """Whether it could not be captured for want of memory."""
    text: str = ""
    """All that is known of it, for the traceback of a stage that fails of it."""

    @property
    def words(self) -> str:
        """Say what happened."""
        return {
            "memory": f"memory ran short{f' ({self.reason})' * bool(self.reason)} and {self.ended_by} ended its worker",
            "process": "its worker process died (killed, or out of memory?)",
            "silent": "its worker process gave no sign and was replaced",
            "raised": f"its worker process failed ({self.reason or 'no reason given'})",
            "node": "its machine is gone",
            "capture": f"its step could not be captured as a CUDA graph ({self.reason})",
        }[self.kind]

    def advice(self, task: StageTask, peak_memory_bytes: int) -> str:
        """Say how much memory a stage took and was to take, and what would help; nothing where it was not memory.

        Args:
            task: the stage.
            peak_memory_bytes: the most that its worker said it had; 0 where it said nothing.
        """
        if self.kind not in ("memory", "process"):
            return ""
        peak = max(peak_memory_bytes, self.worker_bytes)
        took = f"it had {peak / 1e9:.2f} GB, " if peak else ""
        sparing = "a smaller batch_size, fewer --workers, or less beside ncvq on this machine would help"
        if_short = "" if self.kind == "memory" else "if it was memory, "
        return f": {took}{task.memory_bytes / 1e9:.2f} GB were expected; {if_short}{sparing}"
