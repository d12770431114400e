"""How all figures look, and the one place where they become files. What users name is text, never markup."""

from __future__ import annotations

import dataclasses
import io
import warnings
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.text import Text

from reports.figures.contract import FigureModule, View
from reports.figures.embedded_fonts import without_layout_tables
from reports.figures.names import FONT

FALLBACK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "SimHei", "Arial Unicode MS",
)  # fmt: skip
"""The first of them that is installed draws the letters that FONT lacks."""


PAGE, PAPER, SLIDES = "page", "paper", "slides"
FORMATS = ("png", "pdf", "svg")
PNG_EFFORT = 4
"""Of its compression: 2 % more bytes than with the usual 6, in two thirds of the time."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """How figures look; a manifest keeps it."""

    name: str = PAGE
    """What it is for."""
    dots_per_inch: int = 160
    """Of the PNG."""
    settings: Mapping[Any, Any] = field(default_factory=dict)
    """Settings of matplotlib that differ from its defaults."""


STYLES = {
    PAGE: Style(),
    PAPER: Style(name=PAPER, dots_per_inch=300, settings={"axes.linewidth": 0.6, "lines.markeredgewidth": 0.6}),
    SLIDES: Style(
        name=SLIDES, dots_per_inch=200,
        settings={"font.size": 12.0, "axes.linewidth": 1.2, "lines.markeredgewidth": 1.6},
    ),
}  # fmt: skip
"""For the page; for print, with more dots and finer lines; for a wall, with larger letters and stronger lines."""


def style_named(name: str) -> Style:
    """A style: text as text, fonts embedded, plain numbers on axes."""
    installed = set(fontManager.get_font_names())
    fallback = [font for font in FALLBACK_FONTS if font in installed][:1]
    settings = {
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "ncvq",
        "font.family": [FONT, *fallback],
        "font.size": 9.6,
        "axes.formatter.useoffset": False,
        "axes.formatter.use_mathtext": False,
        "text.usetex": False,
        "text.parse_math": False,
    }
    return dataclasses.replace(STYLES[name], settings={**settings, **STYLES[name].settings})


def render(
    module: FigureModule, table: pd.DataFrame, view: View, style: Style, formats: Set[str] = frozenset({"png"})
) -> tuple[dict[str, bytes], str]:
    """Draw a figure.

    Args:
        module: the module of the figure.
        table: the rows to draw.
        view: what else the drawing needs.
        style: how it looks.
        formats: of FORMATS; PNG is always among them.

    Returns:
        The picture in each format, and the letters that no font at hand has, drawn as boxes.
    """
    with styled(style):
        figure = module.draw(table, view)
        _lay_out(figure, style.dots_per_inch)
        pictures = {"png": _saved(figure, "png", dpi=style.dots_per_inch, pil_kwargs={"compress_level": PNG_EFFORT})}
        boxes = _letters_without_font(figure)
        with without_layout_tables():
            for kind, date in (("pdf", "CreationDate"), ("svg", "Date")):
                if kind in formats:
                    pictures[kind] = _saved(figure, kind, metadata={date: None})
        return pictures, boxes


@contextmanager
def styled(style: Style) -> Iterator[None]:
    """Draw in a style, from matplotlib's defaults on, whatever else this process has set."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(dict(style.settings))
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", category=UserWarning)
        yield


def _lay_out(figure: Figure, dots_per_inch: int) -> None:
    """Give everything its place for all formats, as for the PNG: savefig alone would do it anew for each."""
    if engine := figure.get_layout_engine():
        usual = figure.get_dpi()
        figure.set_dpi(dots_per_inch)
        engine.execute(figure)
        figure.set_dpi(usual)
        figure.set_layout_engine(None)


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, **options)
    return file.getvalue()


def _letters_without_font(figure: Figure) -> str:
    letters = {letter for text in figure.findobj(Text) for letter in text.get_text() if not letter.isspace()}
    known = {
        chr(code) for name in matplotlib.rcParams["font.family"] for code in get_font(findfont(name)).get_charmap()
    }
    return "".join(sorted(letters - known))
