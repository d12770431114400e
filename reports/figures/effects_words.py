"""What stands beside an effect: its number, its blocks, and its verdict in words, never computed anew."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from reports.statistics.effects import CANNOT_SAY, IDENTICAL, NO_SPREAD, OTHER_MEANING, SAME_DIFFERENCE
from reports.statistics.verdicts import AND_EQUIVALENT, BY_FAMILY, CANNOT_BE_SAID, DIVERGES, FEW_SEEDS, UNDECIDED

MINUS = "−"
LARGEST, PLAIN = 1e6, 100.0
UNDECIDED_BY = {BY_FAMILY: "undecided, adjusted", FEW_SEEDS: "undecided, few seeds", DIVERGES: "undecided, diverges"}
SHORT = {NO_SPREAD: "no spread over the seeds of a dataset"}
WARNED = "*"


def words(row: dict[Any, Any], places: int) -> dict[str, str]:
    """The texts of a row.

    Args:
        row: a claim.
        places: decimal places of its effect.

    Returns:
        effect_words, blocks_words, verdict_words, reason_words; a single hyphen where there is nothing to say.
    """
    said = row["verdict"] != CANNOT_BE_SAID
    return {
        "effect_words": _effect(row, places) if said else "-",
        "blocks_words": _blocks(row),
        "verdict_words": _verdict(row),
        "reason_words": "-" if said else f"cannot be said: {SHORT.get(row['reason'], CANNOT_SAY[str(row['reason'])])}",
    }


def number(value: float, places: int) -> str:
    """A signed number with so many decimal places."""
    if math.isnan(value):
        return "?"
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    if abs(value) >= LARGEST:
        return f"{sign}>10⁶"
    text = f"{abs(value):.{places}f}"
    return text if float(text) == 0 else sign + text


def decimal_places(limits: tuple[float, float], margin: float) -> int:
    """How many decimal places tell effects apart on an axis with these ends, and from the margin (nan: none)."""
    furthest = max(abs(end) for end in limits)
    if furthest >= PLAIN:
        return 0
    sizes = [size for size in (furthest, margin) if size > 0]
    return min(6, max([0, *(1 - math.floor(math.log10(size)) for size in sizes)]))


def incomparable(factor: str, label: str, instead: tuple[str, ...]) -> str:
    """What stands in the place of effects that would compare unlike things."""
    look = f"\nLook at {' or '.join(instead)} for that." if instead else ""
    return f"{label} does not mean the same\nacross the levels of {factor}:\nnothing is drawn or claimed.{look}"


def diverged(row: dict[Any, Any]) -> str | None:
    """In how many blocks a trial of the level and of its reference diverged; None where none did."""
    if not (row["n_diverged"] > 0 or row["n_diverged_reference"] > 0):
        return None
    here, there = f"{row['n_diverged']:.0f} of {row['n_ended']:.0f}", f"{row['n_diverged_reference']:.0f}"
    return f"diverged: {here} blocks; of the reference {there} of {row['n_ended_reference']:.0f}"


def _effect(row: dict[Any, Any], places: int) -> str:
    effect = number(row["effect"], places)
    if pd.isna(row["effect_low"]):
        return effect
    ends = (number(row[name], _places(row[name], places)).removeprefix("+") for name in ("effect_low", "effect_high"))
    return f"{effect} [{', '.join(ends)}]"


def _places(end: float, places: int) -> int:
    """More decimal places for an end that is not 0 and would look like it, so that one sees on which side it is."""
    return next((more for more in range(places, places + 3) if round(abs(end), more) > 0), places)


def _blocks(row: dict[Any, Any]) -> str:
    if not row["paired"]:
        return f"{row['n_level']:.0f}, {row['n_reference']:.0f}"
    dropped = 0 if pd.isna(row["n_dropped"]) else row["n_dropped"]
    used = f"{row['n_blocks']:.0f}"
    return f"{used}/{row['n_blocks'] + dropped:.0f}" if dropped else used


def _verdict(row: dict[Any, Any]) -> str:
    verdict = str(row["verdict"])
    if verdict == CANNOT_BE_SAID:
        return "-"
    if verdict == UNDECIDED:
        text = UNDECIDED_BY.get(str(row["reason"]), UNDECIDED)
    elif verdict in (IDENTICAL, SAME_DIFFERENCE):
        text = f"{verdict} in all"
    else:
        text = verdict.replace(AND_EQUIVALENT, ", within margin")
    return text + (WARNED if isinstance(row["warning"], str) else "")


__all__ = ["OTHER_MEANING", "WARNED", "decimal_places", "diverged", "incomparable", "number", "words"]
