"""A figure as the page shows it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from PIL import Image

LEAST_PIXELS_AN_INCH, MOST_PIXELS_AN_INCH = 96, 120
"""How small and how large the page shows an inch of a figure, in CSS pixels: 7 points are never less than 9 pixels."""


@dataclass(frozen=True, kw_only=True)
class DrawnFigure:
    """A figure as the page shows it."""

    name: str
    """The name of its files, without folder and suffix."""
    heading: str
    """What stands above it."""
    section: str
    """The section of the page that it stands in."""
    appendix: bool = False
    """Whether it stands in the appendix."""
    files: tuple[str, ...] = ()
    """Its files, in the folder of the report."""
    caption: str
    """What stands below it."""
    alt_text: str
    """Read aloud instead of it."""
    png: bytes
    """The picture."""
    table: pd.DataFrame
    """The rows that it draws."""

    @property
    def least_width(self) -> int:
        """The width below which the page lets it scroll, in CSS pixels."""
        return round(self._inches * LEAST_PIXELS_AN_INCH)

    @property
    def width(self) -> int:
        """The width that it has where there is room, in CSS pixels."""
        return round(self._inches * MOST_PIXELS_AN_INCH)

    @property
    def ratio(self) -> str:
        """Its width by its height, as CSS has it."""
        width, height = self._size
        return f"{width} / {height}"

    @cached_property
    def _size(self) -> tuple[int, int]:
        with Image.open(io.BytesIO(self.png)) as picture:
            return picture.size

    @cached_property
    def _inches(self) -> float:
        with Image.open(io.BytesIO(self.png)) as picture:
            return float(picture.width / picture.info["dpi"][0])
