r"""Text that LaTeX shows as it is, and how wide it is there."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\char`\"{}", "[": "{[}", "]": "{]}", "*": "{*}",
}  # fmt: skip
"""Letters that are markup. A bracket or star that follows the end of a row would be an argument of it."""

SYMBOLS = {
    "±": r"\pm", "−": "-", "×": r"\times", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "→": r"\to",
    "←": r"\leftarrow", "↑": r"\uparrow", "↓": r"\downarrow", "∞": r"\infty", "√": r"\surd", "∑": r"\sum",
    "µ": r"\mu", "·": r"\cdot", "χ": r"\chi", "²": "^{2}", "³": "^{3}",
}  # fmt: skip
"""Symbols that stand in formulas."""

_LIGATURE = re.compile(r"(?<=[-'`,?!])(?=[-'`,])")
"""Between letters that would become one: two hyphens are no dash."""

POINTS = {"narrow": 2.7, "round": 4.3, "tall": 4.75, "upper": 6.3, "broad": 8.0, "wide": 9.0}
"""Widths of letters at 8 points, of the widest of a kind or nearly so."""
BOLD = 1.16
"""How much wider bold text is."""


def latex(text: str) -> str:
    """Text as LaTeX shows it, on one line.

    Letters that pdfLaTeX lacks (CJK, for example) stay as they are: XeLaTeX and LuaLaTeX take them from the font.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join("{}" if part == "" else _letter(part) for part in _parts(plain))


def label(*words: str) -> str:
    r"""A text for \label and \ref."""
    return ":".join(["tab", *(re.sub(r"[^A-Za-z0-9.]+", "-", word).strip("-") for word in words)])


def width(text: str) -> float:
    """About how wide a text is at 8 points, in points."""
    return sum(map(_points, text))


@cache  # names of rows come again in each part of each table
def wrapped(text: str, points: float) -> tuple[str, ...]:
    """Lines of at most that width, where they can be: broken at spaces, signs and capitals, else inside a word."""
    lines = [""]
    for part in re.findall(r"[A-Z]*[^A-Z\s_./,·-]*[\s_./,·-]*", " ".join(text.split())):
        if lines[-1] and width((lines[-1] + part).rstrip()) > points:
            lines.append("")
        for letter in part:
            if lines[-1] and width(lines[-1] + letter.rstrip()) > points:
                lines.append("")
            lines[-1] += letter
    return tuple(line.strip() for line in lines if line.strip()) or ("",)


def _parts(text: str) -> list[str]:
    """The letters, and an empty text between those of a ligature."""
    parts: list[str] = []
    for piece in _LIGATURE.split(text):
        parts += [*([""] if parts else []), *piece]
    return parts


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    if letter in SYMBOLS:
        return f"${SYMBOLS[letter]}$"
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(letter, ""))
    if greek and greek[2] not in ("OMICRON", "FINAL", "LAMDA"):
        return f"$\\{greek[2].lower() if greek[1] == 'SMALL' else greek[2].capitalize()}$"
    return r"$\lambda$" if letter == "λ" else letter


@cache
def _points(letter: str) -> float:
    return POINTS[_kind(letter)]


def _kind(letter: str) -> str:
    if unicodedata.east_asian_width(letter) in "WF":
        return "wide"
    if letter in "mwMW%&@→":
        return "broad"
    if letter in " .,:;!'|()[]/fijlt-":
        return "narrow"
    if letter.isdigit() or letter in "acegorsz":
        return "round"
    return "upper" if letter.isupper() or letter in "±−×~^\\<>_#" else "tall"
