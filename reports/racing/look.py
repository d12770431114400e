"""What is decided at one look of a race."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.racing.bounds import ONE_SIDED, TWO_SIDED, thresholds
from reports.racing.family import Flags, limit_of, rejected_at
from reports.statistics.effects import NO_PAIR, OTHER_MEANING, THESE
from reports.statistics.inference import ALPHA
from reports.statistics.verdicts import AND_EQUIVALENT, CANNOT_BE_SAID, EQUIVALENT, UNDECIDED, judge

COMPARISON = ("factor", "metric", "level", "dataset")
"""What names a comparison; dataset is missing where it is over all of them."""
FAMILY = ["factor", "metric"]
OPEN = (UNDECIDED, CANNOT_BE_SAID)
OF_DIFFERENCE = ("better", "worse", "higher", "lower")

LOOK_COLUMNS = (*COMPARISON, "reference", "verdict", "reason", "p", "p_limit", "p_equivalence", "p_equivalence_limit")

Key = tuple[str, ...]


def key_of(row: Mapping[Any, Any]) -> Key:
    """The name of a comparison; the last word is empty where it is over all datasets."""
    return tuple(str(row[name]) if isinstance(row[name], str) else "" for name in COMPARISON)


def take_look(
    estimates: Iterable[pd.DataFrame], decided: Mapping[Key, str], looks: tuple[int, ...], seeds: int
) -> pd.DataFrame:
    """Judge the comparisons that earlier looks left open.

    Seeds answer for these datasets alone, so that datasets like these are not raced. Where nothing varies between
    seeds, that is said and the comparison ends; it stays in its family, whose size no look changes.

    Args:
        estimates: what `estimate` makes of each factor and metric of the race, of so many seeds.
        decided: the verdicts of earlier looks.
        looks: seeds at each look that was planned.
        seeds: those of this look.

    Returns:
        LOOK_COLUMNS, one row a comparison that was open: the verdict, why a difference is not called, p of the tests,
        and at or below which they decide at this look.
    """
    found = [pd.DataFrame(columns=list(LOOK_COLUMNS))]
    place = looks.index(seeds)
    for table in estimates:
        raced = (
            table[(table["question"] == THESE) & ~table["reason"].isin([NO_PAIR, OTHER_MEANING])]
            if len(table)
            else table
        )
        for _, family in raced.groupby(FAMILY, sort=False) if len(raced) else ():
            found.append(_judged(family.reset_index(drop=True), decided, looks, place))
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def still_open(look: pd.DataFrame) -> pd.DataFrame:
    """The comparisons that a look leaves open."""
    return look[look["verdict"].isin(OPEN)]


def _judged(family: pd.DataFrame, decided: Mapping[Key, str], looks: tuple[int, ...], place: int) -> pd.DataFrame:
    """One family: both of its tests at one look, then the words for it."""
    verdicts = [decided.get(key_of(row)) for row in family.to_dict("records")]
    is_open = np.array([verdict is None for verdict in verdicts])
    before = {
        "p": np.array([verdict is not None and verdict.removesuffix(AND_EQUIVALENT) in OF_DIFFERENCE
                       for verdict in verdicts]),
        "p_equivalence": np.array([verdict is not None and verdict.endswith(EQUIVALENT) for verdict in verdicts]),
    }  # fmt: skip
    for name, sides in (("p", TWO_SIDED), ("p_equivalence", ONE_SIDED)):
        limit = _limit(family[name].where(is_open), before[name], thresholds(looks, len(family), sides)[place])
        family[f"{name}_limit"] = limit
        family[f"{name}_adjusted"] = np.minimum(1.0, family[name] * (ALPHA / limit))
    return judge(family)[list(LOOK_COLUMNS)][is_open]


def _limit(p: pd.Series, rejected: Flags, limits: np.ndarray) -> float:
    """At or below which p the tests of a family decide, after those of this look that do have passed on their share."""
    after = rejected_at(p.to_numpy(dtype=float), rejected, limits)
    return float(limit_of(after, limits)[0])
