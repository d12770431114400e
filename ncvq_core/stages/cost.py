"""What a stage costs: floating-point operations and memory, counted without running it."""

from dataclasses import dataclass

BYTES = 4
"""Of a number in float32."""
RUNTIME_BYTES = 455_000_000
"""Libraries, Ray's among them, and what torch and oneDNN keep for their kernels."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate for a whole stage."""

    flops: float
    """Floating-point operations of all matrix products and convolutions, forward and backward."""
    memory_bytes: int
    """Peak resident memory of a CPU process: libraries, parameters with optimiser state, saved activations.

    Constants are measured (`benchmarks.memory`); products in bfloat16 take less.
    """
    steps: int
    """Optimiser steps."""
