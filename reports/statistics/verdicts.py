"""Rule 8: what may be said, never stronger than the numbers."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.statistics.effects import IDENTICAL, SAME_DIFFERENCE
from reports.statistics.inference import ALPHA

MINIMAL_SEEDS = 4
MINIMAL_DATASETS = 4

EQUIVALENT, UNDECIDED, CANNOT_BE_SAID = "equivalent", "undecided", "cannot be said"
BETTER, WORSE, HIGHER, LOWER = "better", "worse", "higher", "lower"
AND_EQUIVALENT = " and equivalent"

NOT_SHOWN, BY_FAMILY, FEW_SEEDS, DIVERGES = "not shown", "adjusted", "few seeds", "diverges more often"
NO_LOOK = "no look decided"

UNDECIDED_BECAUSE = {
    NOT_SHOWN: "neither a difference nor equivalence is shown",
    BY_FAMILY: "what one test alone would show does not hold after adjusting for the size of the family",
    FEW_SEEDS: "fewer than four seeds, and fewer than four datasets, are too few to call a difference",
    NO_LOOK: "no look of the race has decided it",
    DIVERGES: "the level diverges more often than its reference, so it is not called better",
}
"""Why a difference is not called, in words."""


def judge(table: pd.DataFrame) -> pd.DataFrame:
    """Add verdict and, where a difference or equivalence is not called, the reason.

    Args:
        table: effects with adjusted p, the counts of diverged blocks, and direction (which one of the metric is better;
            missing where none is).

    Returns:
        The table with verdict: better, worse (higher, lower where no direction is better), each also with " and
        equivalent"; equivalent; undecided; identical; same difference; cannot be said. The reason is a key of
        CANNOT_SAY or UNDECIDED_BECAUSE, missing where everything is said; with equivalent it is why a difference is not
        called.
    """
    found = [_verdict(row) for row in table.to_dict("records")]
    verdicts = pd.DataFrame(found, columns=["verdict", "reason"], index=table.index, dtype="str")
    return table.assign(verdict=verdicts["verdict"], reason=verdicts["reason"])


def _verdict(row: dict[Any, Any]) -> tuple[str, str | None]:
    if pd.notna(row["reason"]):
        why = str(row["reason"])
        return (why if why in (IDENTICAL, SAME_DIFFERENCE) else CANNOT_BE_SAID), why
    difference, reason = _difference(row)
    equivalent = row["p_equivalence_adjusted"] <= ALPHA
    if difference:
        return difference + (AND_EQUIVALENT if equivalent else ""), None
    return (EQUIVALENT if equivalent else UNDECIDED), (None if equivalent and reason == NOT_SHOWN else reason)


def _difference(row: dict[Any, Any]) -> tuple[str | None, str | None]:
    """The word for the difference, or the reason why none is called."""
    if not row["p_adjusted"] <= ALPHA:
        alone = row["p"] <= ALPHA or (row["p_equivalence"] <= ALPHA and not row["p_equivalence_adjusted"] <= ALPHA)
        return None, BY_FAMILY if alone else NOT_SHOWN
    if too_few(row):
        return None, FEW_SEEDS
    word = HIGHER if row["estimate"] > 0 else LOWER
    if pd.isna(row["direction"]):
        return word, None
    if row["direction"] != word:
        return WORSE, None
    return (None, DIVERGES) if _diverges_more(row) else (BETTER, None)


def too_few(row: dict[Any, Any]) -> bool:
    """Fewer than four seeds, and not over four datasets at least."""
    overall = pd.isna(row["dataset"])
    return row["n_seeds"] < MINIMAL_SEEDS and not (overall and row["n_datasets"] >= MINIMAL_DATASETS)


def _diverges_more(row: dict[Any, Any]) -> bool:
    here, there = row["n_diverged"] * row["n_ended_reference"], row["n_diverged_reference"] * row["n_ended"]
    return not math.isnan(here) and here > there
