"""One colour and marker for each SSL method and token embedding, everywhere the same, safe for the colour-blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.colors import to_rgb

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a method or an embedding is drawn."""

    colour: Colour
    """Red, green and blue in 0 to 1."""
    marker: str
    """Tells the methods apart without colour."""
    line: Literal["-", "--", ":"] = "-"
    """Lets curves that coincide be seen."""


# Hues of Okabe and Ito; the baseline is grey.
BLUE, VERMILION, GREEN = to_rgb("#0072B2"), to_rgb("#D55E00"), to_rgb("#009E73")
PINK, ORANGE, SKY = to_rgb("#CC79A7"), to_rgb("#E69F00"), to_rgb("#56B4E9")

KNOWN_LOOKS = {
    "none": Look(colour=(0.3, 0.3, 0.3), marker="D"),
    "barlowtwins": Look(colour=BLUE, marker="o"),
    "vibcreg": Look(colour=VERMILION, marker="s"),
    "vicreg": Look(colour=GREEN, marker="^"),
    "byol": Look(colour=PINK, marker="v"),
    "simsiam": Look(colour=ORANGE, marker="P"),
    "learned": Look(colour=(0.3, 0.3, 0.3), marker="D"),
    "codebook_init": Look(colour=SKY, marker="o"),
    "codebook_frozen": Look(colour=ORANGE, marker="s", line="--"),
    "codebook_finetuned": Look(colour=PINK, marker="^", line=":"),
}
SPARE_LOOKS = (
    Look(colour=SKY, marker="X"),
    Look(colour=(0.0, 0.0, 0.0), marker="*"),
)
PALEST = 0.35


def looks_of(methods: Sequence[str]) -> dict[str, Look]:
    """The look of each method; those that are not known take the spare ones in order."""
    unknown = [method for method in methods if method not in KNOWN_LOOKS]
    spare = {method: SPARE_LOOKS[index % len(SPARE_LOOKS)] for index, method in enumerate(unknown)}
    return {method: KNOWN_LOOKS[method] if method in KNOWN_LOOKS else spare[method] for method in methods}


def shade(colour: Colour, position: int, count: int) -> Colour:
    """The colour of the level at `position` of `count` ordered levels: from pale to full."""
    strength = 1.0 if count < 2 else PALEST + (1 - PALEST) * position / (count - 1)
    red, green, blue = (1 - strength * (1 - channel) for channel in colour)
    return red, green, blue
