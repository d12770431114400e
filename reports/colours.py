"""One colour and marker for each level, everywhere the same; methods and embeddings that are known have their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from matplotlib import colormaps
from matplotlib.colors import to_rgb

Colour = tuple[float, float, float]
Line = Literal["-", "--", "-.", ":", "none"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a level is drawn."""

    colour: Colour
    """Red, green and blue in 0 to 1."""
    marker: str
    """Tells levels apart without colour."""
    line: Line = "-"
    """Lets curves that coincide be seen."""


# Hues of Okabe and Ito; the baseline is grey.
BLUE, VERMILION, GREEN = to_rgb("#0072B2"), to_rgb("#D55E00"), to_rgb("#009E73")
PINK, ORANGE, SKY = to_rgb("#CC79A7"), to_rgb("#E69F00"), to_rgb("#56B4E9")
GREY, BLACK = (0.3, 0.3, 0.3), (0.0, 0.0, 0.0)

KNOWN_LOOKS = {
    "none": Look(colour=GREY, marker="D"),
    "barlowtwins": Look(colour=BLUE, marker="o"),
    "vibcreg": Look(colour=VERMILION, marker="s"),
    "vicreg": Look(colour=GREEN, marker="^"),
    "byol": Look(colour=PINK, marker="v"),
    "simsiam": Look(colour=ORANGE, marker="P"),
    "learned": Look(colour=GREY, marker="D"),
    "codebook_init": Look(colour=SKY, marker="o"),
    "codebook_frozen": Look(colour=ORANGE, marker="s", line="--"),
    "codebook_finetuned": Look(colour=PINK, marker="^", line=":"),
}

HUES = (SKY, BLACK, BLUE, VERMILION, GREEN, PINK, ORANGE)
SHAPES: tuple[tuple[str, Line], ...] = (("X", "-"), ("*", "--"), (">", "-."), ("<", ":"))
"""Markers that no known level has, each with a line."""
SPARE_LOOKS = tuple(Look(colour=colour, marker=marker, line=line) for (marker, line), colour in product(SHAPES, HUES))
"""Of levels that are not known: 28 that differ in colour or marker."""


PALEST, DARKEST = 0.25, 0.95
NUMBER_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "h")


def looks_of(levels: Sequence[str]) -> dict[str, Look]:
    """The look of each level; those that are not known take the spare ones in order, numbers a shade each."""
    numbers = sorted({level for level in levels if _is_number(level)}, key=float)
    if len(numbers) > 1:
        others = looks_of([level for level in levels if level not in numbers])
        return {level: _shade(numbers.index(level), len(numbers)) if level in numbers else others[level]
                for level in levels}  # fmt: skip
    unknown = [level for level in dict.fromkeys(levels) if level not in KNOWN_LOOKS]
    spare = {level: SPARE_LOOKS[place % len(SPARE_LOOKS)] for place, level in enumerate(unknown)}
    return {level: KNOWN_LOOKS[level] if level in KNOWN_LOOKS else spare[level] for level in levels}


def _is_number(level: str) -> bool:
    try:
        float(level)
    except ValueError:
        return False
    return True


def _shade(position: int, count: int) -> Look:
    """The look of a number among ordered ones."""
    strength = PALEST + (DARKEST - PALEST) * position / (count - 1)
    red, green, blue, _ = colormaps["cividis_r"](strength)
    return Look(colour=(red, green, blue), marker=NUMBER_MARKERS[position % len(NUMBER_MARKERS)])
