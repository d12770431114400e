"""Names that fit into a figure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


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
