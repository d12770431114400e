"""Which augmentation suits which dataset, with which SSL method? The study's Figures 2 to 4, with pairs.

Probes and reconstruction for each dataset and augmentation set, coloured by SSL method, with the baseline as a line.
"""

from __future__ import annotations

import pandas as pd

from reports.figures.contract import ROBUSTNESS, View
from reports.figures.facets import Facets
from reports.figures.value import OF_ROBUSTNESS, alt_text, caption, draw, drawable, pages, table
from reports.levels import AUGMENTATIONS, SSL, WEIGHT
from reports.read_store import Results
from reports.relevance import STAGE1, of_stage

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages where both the augmentations and the SSL method vary; a heat map each metric where these are many."""
    seen = of_stage(results, STAGE1)
    found = drawable(seen, OF_ROBUSTNESS)
    shown = [name for name in OF_ROBUSTNESS if name in found]
    if not shown or not {AUGMENTATIONS, SSL} <= set(seen.sweep.varying) or WEIGHT in seen.sweep.varying:
        return []
    facets = Facets(x=AUGMENTATIONS, colour=SSL, compared=SSL, tracks=(), panels=())
    heading = "Augmentations by dataset and SSL method"
    return list(pages(seen, shown, facets, figure="robustness", name="", heading=heading, section=ROBUSTNESS))
