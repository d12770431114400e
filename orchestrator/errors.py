"""Errors of the orchestrator; all are one clear line for the user."""

from ncvq_core.errors import NcvqError


class StoreError(NcvqError):
    """A store that cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """A store in which another process is running."""
