"""Errors of running; all are one clear line for the user."""

from ncvq_core.errors import NcvqError


class ExecutorError(NcvqError):
    """Workers cannot be started, or are lost so often that a launch ends."""


class RayError(ExecutorError):
    """Ray does not start, or died so often that a launch ends."""


def one_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says, where it says anything."""
    words = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
