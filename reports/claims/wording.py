"""Numbers and verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "−"
MOST_PLACES = 6


def effect_words(effect: float, low: float, high: float, unit: str, label: str) -> str:
    """For example "val_loss is 1.6 % lower": the size with as many digits as its interval is worth."""
    if effect == 0:
        return f"{label} is the same"
    digits = places(low, high, effect)
    while digits < MOST_PLACES and float(number(abs(effect), digits)) == 0:
        digits += 1  # a difference is never said to be "0 % lower"
    size = f"{number(abs(effect), digits)}{_spaced(unit)}"
    return f"{label} is {size} {'higher' if effect > 0 else 'lower'}"


def interval_words(low: float, high: float, unit: str) -> str:
    """For example "[−6.1, +3.0] %"; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    digits = places(low, high, 0.0)
    return f"[{signed(low, digits)}, {signed(high, digits)}]{_spaced(unit)}"


def margin_words(margin: float, unit: str) -> str:
    """For example "5 %" or "0.02"."""
    return f"{100 * margin:g} %" if unit == "%" else f"{margin:g}"


def p_words(p: float) -> str:
    """For example "p = 0.031" or "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p_digits(p)}"


def p_digits(p: float) -> str:
    """P with two digits, or with as many as show on which side of 0.05 it is."""
    text = f"{p:.2g}" if p < 0.1 else f"{p:.2f}"
    return f"{p:.4f}" if float(text) == 0.05 and p > 0.05 else text


def count_words(count: float, noun: str) -> str:
    """For example "1 block" or "12 blocks"."""
    return f"{count:.0f} {noun}" if count == 1 else f"{count:.0f} {noun}s"


def listed(words: Sequence[str], last: str = "and") -> str:
    """For example "a, b and c"."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def signed(value: float, digits: int) -> str:
    """For example "+3.0" or "−6.1"."""
    return ("+" if value > 0 else MINUS if value < 0 else "") + number(abs(value), digits)


def number(value: float, digits: int) -> str:
    """A number with so many places after the point; very large ones with three digits."""
    return f"{value:.3g}" if value >= 1e5 else f"{value:.{digits}f}"


def places(low: float, high: float, effect: float) -> int:
    """Places after the point that show two digits of half an interval, or of the effect where there is none."""
    half = abs(high - low) / 2
    size = half if half > 0 and math.isfinite(half) else abs(effect)
    return min(MOST_PLACES, max(0, 1 - math.floor(math.log10(size)))) if size > 0 and math.isfinite(size) else 1


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""
