"""How much a text stands out: the contrast ratio of WCAG 2.2, 1 to 21; text needs 4.5."""

from __future__ import annotations

import re

Colour = tuple[float, ...]


def parsed(colour: str) -> Colour:
    """Red, green and blue in 0 to 255, of #rrggbb or rgb(r, g, b)."""
    if colour.startswith("#"):
        return tuple(float(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
    return tuple(float(part) for part in re.findall(r"[\d.]+", colour)[:3])


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of two colours, in either order."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
