"""What the check of a whole store found."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """A file or a folder whose content is not what was written."""

    path: Path
    reason: str
    cost: str
    """The work that making it again takes, in words."""


@dataclass(kw_only=True)
class Findings:
    """The size of a store and its faults."""

    files: int = 0
    """Files of which every byte was read."""
    size: int = 0
    """Size of these files in bytes."""
    damaged: list[Damaged] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    """What is missing of done trials, each with the work that making it again takes."""
    repeated: dict[str, str] = field(default_factory=dict)
    """Trials with several rows, and in which columns they differ; empty text where they agree."""
    orphaned: dict[str, str] = field(default_factory=dict)
    """What nothing in the store refers to, each with the reason."""
    left_over: list[Path] = field(default_factory=list)
    """Files that killed processes left and that are not needed."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged, missing or stored twice."""
        return not self.damaged and not self.lost and not self.repeated
