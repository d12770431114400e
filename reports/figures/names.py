"""Names for files and anchors, and names that fit into a figure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

OVERALL = {"these datasets": "these-datasets", "datasets like these": "datasets-like-these"}


def slug(text: str) -> str:
    """A text with everything but letters, digits, points and underscores replaced by a hyphen."""
    return re.sub(r"[^\w.]+", "-", text).strip("-")


def anchors(claims: pd.DataFrame) -> pd.Series[str]:
    """The HTML id of each claim: what it is about, unique in the table, the same in each report of the sweep.

    Args:
        claims: what claims_table makes.

    Returns:
        With its index, for example `effect-aug_recon_weight-val_loss-0.2-these-datasets`.
    """
    scopes = [
        dataset if isinstance(dataset, str) else OVERALL[str(question)]
        for dataset, question in zip(claims["dataset"], claims["question"], strict=True)
    ]
    names = [
        slug(f"effect-{factor}-{metric}-{level}-{scope}")
        for factor, metric, level, scope in zip(
            claims["factor"], claims["metric"], claims["level"], scopes, strict=True
        )
    ]
    return pd.Series(unique(names), index=claims.index, dtype="str")


def unique(names: Iterable[str]) -> list[str]:
    """The same names, a number behind each that was there before."""
    taken: set[str] = set()
    found = []
    for name in names:
        other, count = name, 1
        while other in taken:
            count += 1
            other = f"{name}-{count}"
        taken.add(other)
        found.append(other)
    return found


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
