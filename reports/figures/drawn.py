"""A figure as the page shows it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pandas as pd

PAGE_SCALE = 0.75


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
    def data_uri(self) -> str:
        """The picture as the source of an img element."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")

    @property
    def width(self) -> int:
        """The width on the page in CSS pixels: that in the header of the PNG, scaled to the size of the page's text."""
        return round(int.from_bytes(self.png[16:20], "big") * PAGE_SCALE)
