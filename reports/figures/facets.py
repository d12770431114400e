"""Which panels a figure has, what each is called, and which of them go on one page.

Every factor that varies, except the seed, has a place, so that a mark never averages over anything but seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.figures.names import shortened, width
from reports.levels import DATASET, in_level_order
from reports.read_store import Sweep

PAGE_WIDTH, PAGE_HEIGHT = 12.0, 9.0  # inches
COLUMNS = 4
PANEL_WIDTH, TRACK_HEIGHT, TITLE_HEIGHT = 2.85, 1.7, 0.42  # inches
AROUND = 0.95  # inches above and below all panels, for one line of legend and the name of the axis
NAME_LETTERS, TITLE_LETTERS = 24, 34
"""How long a dataset may be in a title, and a line of a title."""
MOST_PAGES = 2
"""What would need more pages of panels than that is drawn as a heat map over datasets."""

Key = tuple[tuple[str, str], ...]
"""What a panel shows: factors and their levels, the dataset first."""


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What one page of panels shows."""

    x: str = ""
    """The factor on the horizontal axis; empty where that is the epoch."""
    colour: str
    """The factor shown by colour and marker."""
    compared: str = ""
    """The factor of which levels are paired with its reference level; empty where nothing is compared."""
    tracks: tuple[str, ...]
    """What each panel shows, from top to bottom: metrics, or kinds of number."""
    panels: tuple[Key, ...]
    """The panels, in the order of reading."""
    datasets: tuple[str, ...] = ()
    """The rows of the page where it is a heat map over datasets; empty where it has panels for them."""


def panel_keys(rows: pd.DataFrame, sweep: Sweep, apart: Sequence[str]) -> list[Key]:
    """The panels that some rows need, in the order of the levels.

    A row without a level of some factor (the baseline has no augmentations) is shown in each panel that agrees with its
    other levels, and has one of its own only where there is no such panel.

    Args:
        rows: with a column for each factor.
        sweep: the order of the levels.
        apart: the factors whose combinations each have a panel, beside the dataset.
    """
    factors = [name for name in (DATASET, *apart) if name in sweep.factors]
    unique = in_level_order(rows[factors].drop_duplicates(), sweep, factors).to_dict("records") if factors else [{}]
    keys = [tuple((str(name), str(level)) for name, level in row.items() if isinstance(level, str)) for row in unique]
    levels = [frozenset(key) for key in keys]
    most = max(map(len, levels), default=0)
    return [
        key
        for key, own in zip(keys, levels, strict=True)
        if len(own) == most or not any(own < other for other in levels)
    ]


def is_in_panel(table: pd.DataFrame, key: Key) -> pd.Series[bool]:
    """Whether each row agrees with the levels of a panel."""
    agrees = pd.Series(True, index=table.index)
    for factor, level in key:
        agrees &= table[factor].isna() | (table[factor] == level)
    return agrees


def is_in_some_panel(table: pd.DataFrame, panels: Sequence[Key]) -> pd.Series[bool]:
    """Whether each row agrees with the levels of any of some panels."""
    agrees = pd.Series(False, index=table.index)
    for key in panels:
        agrees |= is_in_panel(table, key)
    return agrees


def by_panel(table: pd.DataFrame, panels: Sequence[Key]) -> pd.DataFrame:
    """The rows of each panel, with its place in `panel` and its name in `title`."""
    titles = titles_of(panels)
    parts = [
        table[is_in_panel(table, key)].assign(panel=place, title=titles[place]) for place, key in enumerate(panels)
    ]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else table.iloc[:0].assign(panel=0, title="")


def of_dataset(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """All rows of the datasets of some rows: those that share a vertical axis with them."""
    return table[table[DATASET].isin(rows[DATASET])] if DATASET in rows else table


def titles_of(panels: Sequence[Key]) -> list[str]:
    """The name of each panel: the dataset, below it the other factors, each with its level."""
    shown: dict[tuple[str, str], str] = {}
    for factor in dict.fromkeys(factor for key in panels for factor, _ in key):
        levels = [level for key in panels for name, level in key if name == factor]
        letters = NAME_LETTERS if factor == DATASET else max(12, TITLE_LETTERS - len(factor) - 1)
        shown |= {(factor, level): name for level, name in shortened(levels, letters).items()}
    return ["\n".join(_lines(key, shown)) for key in panels]


def _lines(key: Key, shown: Mapping[tuple[str, str], str]) -> Iterator[str]:
    line = ""
    for factor, level in key:
        part = shown[factor, level] if factor == DATASET else f"{factor}={shown[factor, level]}"
        if line and (width(f"{line}, {part}") > TITLE_LETTERS or (DATASET, level) == key[0]):
            yield line
            line = part
        else:
            line = f"{line}, {part}" if line else part
        if factor == DATASET:
            yield line
            line = ""
    if line:
        yield line


def pages_of(panels: Sequence[Key], tracks: int, below: float = 0.0, above: float = 0.0) -> list[tuple[Key, ...]]:
    """Part panels into pages of at most PAGE_WIDTH × PAGE_HEIGHT.

    Args:
        panels: of all pages.
        tracks: how many each has, one above the other.
        below: what labels below each panel need beyond one line, in inches.
        above: what the legend needs beyond one line, in inches.
    """
    bands = max(1, int((PAGE_HEIGHT - AROUND - above) / band_height(panels, tracks, below)))
    size = bands * COLUMNS
    return [tuple(panels[start : start + size]) for start in range(0, len(panels), size)]


def band_height(panels: Sequence[Key], tracks: int, below: float) -> float:
    """The height of panels side by side, in inches."""
    lines = max((title.count("\n") for title in titles_of(panels)), default=0)
    return tracks * TRACK_HEIGHT + TITLE_HEIGHT + 0.15 * max(0, lines - 1) + below
