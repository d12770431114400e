"""What a look at a whole store found."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """A file or a folder that is no longer what was written."""

    path: Path
    reason: str
    cost: str
    """What it takes to make it again."""


@dataclass(kw_only=True)
class Findings:
    """What is in a store, and what is wrong with it."""

    files: int = 0
    """Files of which every byte was read."""
    size: int = 0
    """Their bytes."""
    damaged: list[Damaged] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    """What done trials had and is gone, and what it costs to make it again."""
    repeated: dict[str, str] = field(default_factory=dict)
    """Trials with several rows, and in which columns they differ; empty text where they agree."""
    orphaned: dict[str, str] = field(default_factory=dict)
    """What nothing in the store refers to, and why."""
    left_over: list[Path] = field(default_factory=list)
    """What killed processes left and nobody needs."""

    @property
    def is_sound(self) -> bool:
        """Whether every number is what was written, once."""
        return not self.damaged and not self.lost and not self.repeated
