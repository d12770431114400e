"""What a comparison is given beside its trials: the metric, the design of the sweep, the choices of the reader."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Scale = Literal["log", "raw"]
Direction = Literal["lower", "higher"]

LOG: Scale = "log"
RAW: Scale = "raw"


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """How one metric is compared.

    Raises:
        ValueError: the margin is not a positive number.
    """

    name: str
    """The column of the trials."""
    scale: Scale
    """log: effects are ratios, said in per cent; raw: effects are differences, in the unit of the metric."""
    margin: float | None = None
    """Differences up to it are of no importance: relative on the log scale (0.05 is 5 %), absolute on the raw one. None
    where no such margin is known; then nothing is called equivalent."""
    direction: Direction | None = None
    """Which direction is better; None where levels cannot be ranked by it."""
    judged: bool = False
    """Measured with the features of a network, so that both sides of a pair need the same one."""
    incomparable: frozenset[str] = frozenset()
    """Factors across whose levels the metric does not mean the same."""

    def __post_init__(self) -> None:
        """Refuse a margin that no difference can be inside of."""
        if self.margin is not None and not (self.margin > 0 and math.isfinite(self.margin)):
            raise ValueError(f"margin of {self.name} = {self.margin}: must be > 0")


class Design(Protocol):
    """The part of a sweep that a comparison needs; all levels are text."""

    @property
    def factors(self) -> Mapping[str, Sequence[str]]:
        """The levels of each factor in order."""

    @property
    def baseline(self) -> Mapping[str, str]:
        """The level of some factors that the others are compared with."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Choices of the reader, all off by default."""

    partial: bool = False
    """Use the pairs that all blocks have, instead of dropping blocks that lack a pair of the design."""
    pool: bool = False
    """Compare across numerics versions, data, dtypes, kinds of device and judges."""
    chosen_datasets: bool = False
    """The datasets were chosen for a belief about them, so that they stand for others less well."""
    seeds: int | None = None
    """Look at the trials of so many seeds only, the first of the sweep; None looks at all."""


def reference_level(design: Design, factor: str) -> tuple[str, str]:
    """The level that the others of a factor are compared with, and why: "baseline" or "first level"."""
    if factor in design.baseline:
        return design.baseline[factor], "baseline"
    return design.factors[factor][0], "first level"
