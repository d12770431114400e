"""What is decided at one look of a race."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.racing.bounds import ONE_SIDED, TWO_SIDED, thresholds
from reports.racing.evidence import unplanned_equivalence_p, unplanned_limits, unplanned_p
from reports.racing.family import Flags, limit_of, rejected_at
from reports.statistics.effects import NO_PAIR, OTHER_MEANING, THESE
from reports.statistics.inference import ALPHA, Floats
from reports.statistics.verdicts import AND_EQUIVALENT, CANNOT_BE_SAID, EQUIVALENT, UNDECIDED, judge

COMPARISON = ("factor", "metric", "level", "dataset")
"""What names a comparison; dataset is missing where it is over all of them."""
FAMILY = ["factor", "metric"]
OPEN = (UNDECIDED, CANNOT_BE_SAID)
OF_DIFFERENCE = ("better", "worse", "higher", "lower")

LOOK_COLUMNS = (
    *COMPARISON, "reference", "verdict", "reason", "p", "p_limit", "p_equivalence", "p_equivalence_limit", "n_blocks",
    "seeds",
)  # fmt: skip

Key = tuple[str, ...]
Rows = Mapping[Key, Mapping[Any, Any]]


def key_of(row: Mapping[Any, Any]) -> Key:
    """The name of a comparison; the last word is empty where it is over all datasets."""
    return tuple(str(row[name]) if isinstance(row[name], str) else "" for name in COMPARISON)


def take_look(estimates: Iterable[pd.DataFrame], before: Rows, looks: tuple[int, ...], seeds: int) -> pd.DataFrame:
    """Judge the comparisons that earlier looks left open, and of which there are new blocks.

    Seeds answer for these datasets alone, so that datasets like these are not raced. Where nothing varies between
    seeds, that is said and the comparison ends; it stays in its family, whose size no look changes.

    Args:
        estimates: what `estimate` makes of each factor and metric of the race, of so many seeds.
        before: each comparison as it was judged last.
        looks: seeds at each look that was planned.
        seeds: those of this look; beyond the planned ones it is judged by e-values, with 1/e in the place of p.

    Returns:
        LOOK_COLUMNS, one row a comparison that was open: the verdict, why a difference is not called, p of the tests,
        at or below which they decide, blocks, and the look that judged it.
    """
    found = [pd.DataFrame(columns=list(LOOK_COLUMNS))]
    for table in filter(len, map(raced_rows, estimates)):
        for _, family in table.groupby(FAMILY, sort=False):
            found.append(_judged(family.reset_index(drop=True), before, looks, seeds))
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def raced_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `estimate` that are raced: those on these datasets of which the design has a pair."""
    if table.empty:
        return pd.DataFrame(columns=list(COMPARISON))
    return table[(table["question"] == THESE) & ~table["reason"].isin([NO_PAIR, OTHER_MEANING])]


def still_open(look: pd.DataFrame) -> pd.DataFrame:
    """The comparisons that a look leaves open."""
    return look[look["verdict"].isin(OPEN)]


def limits_at(looks: tuple[int, ...], seeds: int, size: int, sides: int) -> Floats:
    """(size,): the p, or 1/e beyond the planned looks, that decides, where 1, 2, …, size tests are open."""
    if seeds > looks[-1]:
        return unplanned_limits(size)
    return np.asarray(thresholds(looks, size, sides)[looks.index(seeds)])


def _judged(family: pd.DataFrame, before: Rows, looks: tuple[int, ...], seeds: int) -> pd.DataFrame:
    """One family: both of its tests at one look, then the words for it."""
    earlier = [before.get(key_of(row)) for row in family.to_dict("records")]
    was_open = np.array([row is None or row["verdict"] in OPEN for row in earlier])
    has_news = was_open & (family["n_blocks"] > [row["n_blocks"] if row else 0.0 for row in earlier])
    verdicts = [row["verdict"] if row else "" for row in earlier]
    rejected = {
        "p": np.array([verdict.removesuffix(AND_EQUIVALENT) in OF_DIFFERENCE for verdict in verdicts]),
        "p_equivalence": np.array([verdict.endswith(EQUIVALENT) for verdict in verdicts]),
    }
    if seeds > looks[-1]:
        family = family.assign(**_by_evidence(family))
    for name, sides in (("p", TWO_SIDED), ("p_equivalence", ONE_SIDED)):
        limits = limits_at(looks, seeds, len(family), sides)
        limit = _limit(family[name].where(has_news), rejected[name], limits)
        family[f"{name}_limit"] = limit
        family[f"{name}_adjusted"] = np.minimum(1.0, family[name] * (ALPHA / limit))
    look = judge(family).assign(seeds=seeds)
    rows = [
        row if news or last is None else last
        for row, news, last in zip(look.to_dict("records"), has_news, earlier, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(LOOK_COLUMNS))[was_open]


def _by_evidence(family: pd.DataFrame) -> dict[str, Floats]:
    """1/e of both tests, in the place of their p."""
    estimate, se, df, blocks, margin = (
        family[name].to_numpy(dtype=float) for name in ("estimate", "se", "df", "n_blocks", "margin_on_scale")
    )
    return {
        "p": unplanned_p(estimate, se, df, blocks),
        "p_equivalence": unplanned_equivalence_p(estimate, se, df, blocks, margin),
    }


def _limit(p: pd.Series, rejected: Flags, limits: np.ndarray) -> float:
    """At or below which p the tests of a family decide, after those of this look that do have passed on their share."""
    after = rejected_at(p.to_numpy(dtype=float), rejected, limits)
    return float(limit_of(after, limits)[0])
