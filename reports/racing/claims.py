"""The claims of a raced sweep: what its looks decided, with the p that all looks together allow."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.store.races import Comparison, Race
from reports.racing.look import OPEN, Key, key_of
from reports.statistics.effects import IDENTICAL, SAME_DIFFERENCE, THESE
from reports.statistics.inference import ALPHA
from reports.statistics.verdicts import CANNOT_BE_SAID, NO_LOOK, UNDECIDED

NOT_PLANNED = "no such trial"
"""Why a block of seeds that went to other comparisons is incomplete."""

_NEXT_BLOCK = re.compile(r"; (?=[^:;]+ seed [^:;]+: )")


def with_race(claims: pd.DataFrame, race: Race) -> pd.DataFrame:
    """Put the verdicts of a race in the place of those that one test alone would give.

    Args:
        claims: what `judged` returns, of all trials of the sweep.
        race: its race.

    Returns:
        The claims, and `look`: the seeds of the look that decided a comparison, or that left it open last, and
        `judged_at`: the same in words; both missing where it is not raced. Effects and intervals are of all its blocks;
        those that were never planned are not named. What is raced and was not looked at is undecided: one test alone
        does not decide it.
    """
    looked = {key_of(row): row for row in race.judged_last}
    rows = [_raced(row, race, looked) for row in claims.to_dict("records")]
    return pd.DataFrame(rows, columns=[*claims.columns, "look", "judged_at"]).astype(claims.dtypes.to_dict())


def _raced(row: dict[Any, Any], race: Race, looked: dict[Key, Comparison]) -> dict[Any, Any]:
    """One claim; without a plan all metrics count as raced."""
    planned = {**row, **_without_unplanned(row), "look": np.nan, "judged_at": None}
    if row["question"] != THESE or (race.plan.answers and row["metric"] not in race.plan.answers):
        return planned
    found = looked.get(key_of(row))
    if found is None:
        is_said = row["verdict"] in (CANNOT_BE_SAID, IDENTICAL, SAME_DIFFERENCE)
        return planned if is_said else {**planned, "verdict": UNDECIDED, "reason": NO_LOOK}
    adjusted = {
        f"{name}_adjusted": np.nan if found[name] is None else min(1.0, found[name] * ALPHA / found[f"{name}_limit"])
        for name in ("p", "p_equivalence")
    }
    reason = NO_LOOK if found["verdict"] == UNDECIDED else found["reason"]
    at = {"look": found["seeds"], "judged_at": judged_at(race, found)}
    return {**planned, **adjusted, "verdict": found["verdict"], "reason": reason, **at}


def judged_at(race: Race, found: Comparison) -> str:
    """Which look decided a comparison, or left it open last."""
    seeds = found["seeds"]
    beyond = f", beyond the {race.plan.largest} that were planned, by an e-value" if seeds > race.plan.largest else ""
    if found["verdict"] not in OPEN:
        return f"decided at the look of {seeds} seeds{beyond}"
    if not race.ended:
        return f"open at the look of {seeds} seeds{beyond}"
    return f"undecided at {seeds} seeds{', the largest number' if seeds == race.largest else ''}{beyond}"


def _without_unplanned(row: dict[Any, Any]) -> dict[str, Any]:
    """The dropped blocks of a row without those whose trials were never planned."""
    dropped = _NEXT_BLOCK.split(row["dropped"]) if isinstance(row["dropped"], str) else []
    kept = [each for each in dropped if NOT_PLANNED not in each]
    return {"dropped": "; ".join(kept) or None, "n_dropped": float(len(kept))}
