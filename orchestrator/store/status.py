"""What trials and stage runs are. Needs no torch."""

from enum import StrEnum


class Status(StrEnum):
    """One word for how far a trial or a stage run is, or how it ended; the store keeps the first four in rows."""

    DONE = "done"
    """It has a result."""
    FAILED = "failed"
    """It ended with an error; `ncvq resume` runs it again."""
    DIVERGED = "diverged"
    """Its loss became infinite or undefined, which is a result."""
    PRUNED = "pruned"
    """It was stopped early because others were better."""
    CROWDED = "crowded"
    """Of a stage: memory ran out beside others, it is to run again in a smaller pack."""
    RUNNING = "running"
    """A worker has it."""
    LOST = "lost"
    """It was done, and files of it are gone; `ncvq resume` makes them again."""
    BEGUN = "begun"
    """It has a checkpoint, and nobody runs it."""
    MISSING = "missing"
    """Nothing of it is there."""


FINAL = (Status.DONE, Status.DIVERGED, Status.PRUNED)
"""A trial that is one of these is not run again."""
