"""The groups of checks, in the order in which they run."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.gpu.place import Check, Place

HERE = "benchmarks.gpu"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Checks that share a process of their own."""

    name: str
    source: str
    """Module and function that yield them."""
    arguments: tuple[str, ...] = ()
    """Of that function, behind the place."""
    prepared: bool = True
    """Whether the process is prepared as a worker's is."""
    deterministic: bool = False
    """As with `--deterministic`."""
    seconds: float = 60.0
    """After so long it is ended."""
    on_cpu: bool = True
    """Whether it shows anything there."""

    def checks(self, place: Place) -> Iterator[Check]:
        """Yield its checks; imports what they need."""
        module, _, function = self.source.partition(":")
        found: Iterator[Check] = getattr(importlib.import_module(f"{HERE}.{module}"), function)(place, *self.arguments)
        return found


THROUGHPUT = tuple(
    Group(
        name=f"throughput {dataset} {precision} {mode}",
        source="throughput:checks",
        arguments=(dataset, precision, mode),
        seconds=45.0,
        on_cpu=(dataset, precision) == ("ECG5000", "fp32"),
    )
    for dataset in ("ECG5000", "FordA")
    for precision in ("bf16", "fp32")
    for mode in ("eager", "graphs")
)

GROUPS = (
    Group(name="versions", source="versions:checks", seconds=30.0),
    Group(name="syncs", source="syncs:checks"),
    Group(name="generators", source="generators:checks", seconds=30.0),
    Group(name="captures", source="captures:checks"),
    Group(name="deterministic", source="determinism:checks", deterministic=True),
    Group(name="checkpoints", source="determinism:checkpoint_checks", deterministic=True),
    Group(name="histories", source="histories:checks"),
    Group(name="precision flags", source="precision:checks", prepared=False, seconds=30.0),
    Group(name="side by side", source="side_by_side:checks", deterministic=True),
    *THROUGHPUT,
    Group(name="failure: NaN", source="failures:not_a_number", deterministic=True, seconds=30.0),
    Group(name="failure: memory", source="failures:eager_memory", seconds=30.0),
    Group(name="failure: memory in a capture", source="failures:capture_memory", seconds=30.0, on_cpu=False),
    Group(name="failure: read in a capture", source="failures:forced_read", seconds=30.0, on_cpu=False),
    Group(name="packs", source="packs:checks", seconds=90.0),
)


def group_named(name: str) -> Group:
    """Return the group of a name."""
    return next(group for group in GROUPS if group.name == name)
