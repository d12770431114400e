"""Which effects go on which page, in which order, and how far an axis reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

PAGE_HEIGHT = 8.8  # inches; a page is at most 12 × 9
ROW_HEIGHT, STRIP_HEAD, STRIP_FOOT = 0.19, 0.62, 0.45  # inches; above and below the rows
PANELS_ACROSS = 2
FEWEST_ROWS = 5  # of a level that is parted, with its heading
MOST_PAGES = 4  # of a report; where there are more, each dataset is a row of a heat map instead
MOST_ROWS = int((PAGE_HEIGHT - STRIP_HEAD - STRIP_FOOT) / ROW_HEIGHT)

Part = tuple[str, int, int]
"""A level, and which of its rows: the first, and the one after the last."""
Strip = tuple[str, tuple[str, ...], tuple[Part, ...]]
"""A factor, metrics side by side, and rows."""

REACH, FAR = 3.0, 6.0
"""An axis reaches REACH times as far as effects and margin do; an effect FAR times as large as the others is cut."""


@dataclass(frozen=True, kw_only=True)
class EffectsLayout:
    """What one page shows."""

    strips: tuple[Strip, ...]
    """From top to bottom."""


def pages(claims: pd.DataFrame, metrics: Sequence[str]) -> list[EffectsLayout]:
    """Lay out all effects of some metrics.

    Args:
        claims: what claims_table makes.
        metrics: in the order in which they stand side by side; those without claims are left out.

    Returns:
        The pages: a strip a factor and pair of metrics, wrapped where it does not fit.
    """
    found: list[list[Strip]] = []
    room = 0.0
    for strip in _strips(claims, metrics):
        height = strip_height(strip[2])
        if height > room:
            found.append([])
            room = PAGE_HEIGHT
        found[-1].append(strip)
        room -= height
    return [EffectsLayout(strips=tuple(strips)) for strips in found]


def too_many(found: Sequence[EffectsLayout]) -> bool:
    """Whether so many pages are no longer read one by one."""
    return len(found) > MOST_PAGES


def strip_height(parts: Sequence[Part]) -> float:
    """In inches."""
    return STRIP_HEAD + STRIP_FOOT + ROW_HEIGHT * sum(_rows(part) for part in parts)


def in_order(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims of one level, metric and factor: what holds over datasets first, then each dataset."""
    overall = claims["dataset"].isna()
    like_these = overall & (claims["question"] == "datasets like these")
    single = not (overall & ~like_these).any()  # a sweep with one dataset has no row for these datasets
    rank = pd.Series(0 if single else 2, index=claims.index).mask(overall, 0).mask(like_these, 1)
    return claims.loc[rank.sort_values(kind="stable").index]


def axis_limits(claims: pd.DataFrame, margin: tuple[float, float]) -> tuple[float, float]:
    """The ends of the axis of a factor and metric.

    Effects and the margin fit, unless an effect is FAR times as large as the others; intervals may be cut at REACH
    times as far as that.

    Args:
        claims: effect, effect_low and effect_high, missing where nothing is drawn.
        margin: its ends in the same unit; nan where there is none.
    """
    effects = claims["effect"].to_numpy(dtype=float)
    effects = effects[np.isfinite(effects)]
    ends = claims[["effect_low", "effect_high"]].to_numpy(dtype=float).ravel()
    widest_margin = float(np.nanmax([0.0, *np.abs(margin)]))
    usual = FAR * max(float(np.median(np.abs(effects))) if len(effects) else 0.0, widest_margin)
    kept = np.abs(effects[np.abs(effects) <= usual]).max(initial=1.3 * widest_margin)
    furthest = float(kept) or (float(np.abs(effects).max(initial=0.0)) or 1.0)
    sides = []
    for sign in (-1.0, 1.0):
        far = np.nanmax([0.0, *(sign * ends)], initial=0.0)
        own = np.max(sign * effects[np.abs(effects) <= furthest], initial=max(1.3 * widest_margin, 0.25 * furthest))
        sides.append(sign * 1.08 * float(max(own, min(far, REACH * furthest))))
    return sides[0], sides[1]


def _strips(claims: pd.DataFrame, metrics: Sequence[str]) -> Iterator[Strip]:
    shown = claims[claims["metric"].isin(list(metrics))]
    for factor, of_factor in shown.groupby("factor", sort=False):
        present = [metric for metric in metrics if metric in set(of_factor["metric"])]
        first = of_factor[of_factor["metric"] == present[0]]
        sizes = first.groupby("level", sort=False).size()
        for start in range(0, len(present), PANELS_ACROSS):
            side_by_side = tuple(present[start : start + PANELS_ACROSS])
            for parts in _wrapped({str(level): int(size) for level, size in sizes.items()}):
                yield str(factor), side_by_side, parts


def _wrapped(sizes: dict[str, int]) -> Iterator[tuple[Part, ...]]:
    """The rows of all levels in portions that fit on a page; a level is parted only where it alone does not fit."""
    portion: list[Part] = []
    room = MOST_ROWS
    for level, size in sizes.items():
        first = 0
        while first < size:
            fits = size < MOST_ROWS and size < room
            if portion and not fits and (size < MOST_ROWS or room < FEWEST_ROWS):
                yield tuple(portion)
                portion, room = [], MOST_ROWS
            behind = min(size, first + room - 1)
            portion.append((level, first, behind))
            room -= _rows(portion[-1])
            first = behind
    yield tuple(portion)


def _rows(part: Part) -> int:
    """The rows of a part and its heading."""
    return part[2] - part[1] + 1
