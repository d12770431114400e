"""Names that fit into a figure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

FONT = "DejaVu Sans"
SMALL_POINTS = 8.0
"""The size of most letters of a figure for the page."""


def shortened(names: Iterable[str], letters: int) -> dict[str, str]:
    """Names of at most so many letters, for a figure: of a longer one both ends, a number where two look the same.

    Args:
        names: of any length, each once or several times.
        letters: at least 12, as wide as Latin ones; others (CJK) count twice.
    """
    short: dict[str, str] = {}
    for name in names:
        if name in short:
            continue
        shown, count = _ends(name, letters), 1
        while shown in short.values():
            count += 1
            shown = _ends(name, letters - len(f" ({count})")) + f" ({count})"
        short[name] = shown
    return short


def width(text: str) -> int:
    """How many Latin letters a text is wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def inches(text: str, points: float = SMALL_POINTS) -> float:
    """How wide a line is, or the longest of several; a letter that FONT lacks counts as a wide one."""
    return max(sum(map(_advance, line)) for line in text.split("\n")) * points / 72


@lru_cache(maxsize=4096)
def _advance(letter: str) -> float:
    """The width of a letter, of which 1 is the size of the font."""
    font = _font()
    if not font.get_char_index(ord(letter)):
        return 1.3  # the box that stands for it
    font.set_size(100, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance / 65536 / 100)


@lru_cache(maxsize=1)
def _font() -> FT2Font:
    return FT2Font(findfont(FONT))


def _ends(name: str, letters: int) -> str:
    name = " ".join(name.split())
    if width(name) <= letters:
        return name
    side = (letters - 1) // 2
    return f"{_start(name, side)}…{_start(name[::-1], side)[::-1]}"


def _start(name: str, letters: int) -> str:
    while width(name) > letters:
        name = name[:-1]
    return name
