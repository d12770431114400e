"""Errors of running; all are one clear line for the user."""

from ncvq_core.errors import NcvqError


class ExecutorError(NcvqError):
    """Workers cannot be started, or are lost so often that a launch ends."""


class RayError(ExecutorError):
    """Ray does not start, or died so often that a launch ends."""


class CaptureError(NcvqError):
    """A trial's step could not be captured as a CUDA graph, and the process that tried is of no more use.

    Attributes:
        reason: the first error, in one line.
        stage_id: of the stage whose step it was.
        short: whether memory ran out.
    """

    def __init__(self, message: str, reason: str = "", stage_id: str = "", short: bool = False) -> None:
        """Keep what is known; all of it survives the way to another process."""
        super().__init__(message, reason, stage_id, short)
        self.reason = reason
        self.stage_id = stage_id
        self.short = short

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])


def one_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says, where it says anything."""
    words = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
