"""The unit in which times are printed, and how calls are timed.

A unit is the time of one float32 product 128×4096 · 4096×4096 on the same machine, measured in turn with the work,
so that a machine that slows down slows both.
"""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from ncvq_core.training.precision import PRODUCT_TYPES, has_bfloat16

CPU = torch.device("cpu")
HEADER = """\
| case | precision | s | units | published | floor, units | share of floor | product GFLOP/s | peak GB |
|---|---|---|---|---|---|---|---|---|"""


class Timing(NamedTuple):
    """Of some work."""

    seconds: float
    units: float
    rate: float
    """FLOP/s of a product 4096×4096 · 4096×4096 in the work's precision."""

    def times(self, count: int) -> "Timing":
        """Return the timing of work that is done `count` times."""
        return Timing(self.seconds * count, self.units * count, self.rate)


class Measured(NamedTuple):
    """Work, its time and its memory."""

    timing: Timing
    flops: float
    """Of its products and convolutions; at `timing.rate` they are the floor."""
    memory: int
    """Peak, bytes."""

    def row(self, case: str, precision: str, published: float) -> str:
        """Return a row of the table that begins with HEADER; published is in units."""
        seconds, units, rate = self.timing
        share = self.flops / rate / seconds
        return (
            f"| {case} | {precision} | {seconds:.2f} | {units:.1f} | {published} | {share * units:.1f} "
            f"| {share:.0%} | {rate / 1e9:.0f} | {self.memory / 1e9:.2f} |"
        )


def precisions() -> tuple[str, ...]:
    """Return the precisions of this processor: bfloat16 only where it has it."""
    return ("fp32", "bf16") if has_bfloat16(CPU) else ("fp32",)


def seconds_of(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def product(rows: int, precision: str) -> Callable[[], torch.Tensor]:
    """Return a call that multiplies (rows, 4096) by (4096, 4096)."""
    left = torch.randn(rows, 4096).to(PRODUCT_TYPES[precision])
    right = torch.randn(4096, 4096).to(PRODUCT_TYPES[precision])
    return lambda: left @ right


def timed_in_turn(work: Callable[[], object], precision: str, rounds: int, repeats: int) -> Timing:
    """Time work and unit in turn; the medians are over rounds."""
    unit_product, large_product = product(128, "fp32"), product(4096, precision)
    pairs = [(seconds_of(unit_product, 5), seconds_of(work, repeats)) for _ in range(rounds)]
    rate = 2 * 4096**3 / seconds_of(large_product, 3)
    seconds = statistics.median(spent for _, spent in pairs)
    units = statistics.median(spent / unit for unit, spent in pairs)
    return Timing(seconds, units, rate)
