"""Errors of the store; all are one clear line for the user."""

from ncvq_core.errors import NcvqError


class StoreError(NcvqError):
    """A store that cannot be opened, read or written."""


class DamagedError(StoreError):
    """A file of a store that is no longer what was written."""


class StoreBusyError(StoreError):
    """A store in which another process is running."""
