"""The figures inside the page: as WebP, which takes a third of the bytes of PNG, and never too many bytes together."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from reports.figures.drawn import DrawnFigure

MOST_BYTES = 6_000_000
"""Of all pictures of a page; as base64 a third more."""
QUALITIES = (80, 60)
"""How well the largest pictures are kept where all of them would be too many bytes."""
EFFORT = {"method": 1, "quality": 0}
"""Of a lossless picture: less than half the time of method 2 at quality 50, for 15 % more bytes."""


def data_uris(figures: Sequence[DrawnFigure], most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """The pictures as sources of img elements.

    Args:
        figures: with names of their own.
        most_bytes: of all pictures together, if that can be had.

    Returns:
        By the name of the figure: the same pixels as its PNG; nearly the same, of the largest ones first, where all
        would be too many bytes.
    """
    pictures = {figure.name: _webp(figure.png, lossless=True, **EFFORT) for figure in figures}
    pngs = {figure.name: figure.png for figure in figures}
    for quality in QUALITIES:
        for name in sorted(pictures, key=lambda name: -len(pictures[name])):
            if sum(map(len, pictures.values())) <= most_bytes:
                break
            pictures[name] = min(pictures[name], _webp(pngs[name], method=2, quality=quality), key=len)
    return {name: f"data:image/webp;base64,{base64.b64encode(picture).decode()}" for name, picture in pictures.items()}


def _webp(png: bytes, **options: Any) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").save(file, "WEBP", **options)
    return file.getvalue()
