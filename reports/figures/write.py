"""Draws the figures of a sweep into a folder: for each its pictures, table and manifest."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reports.errors import ReportError
from reports.figures.contract import SECTIONS, FigureModule, View, results_of
from reports.figures.drawn import DrawnFigure
from reports.figures.manifest import make_manifest
from reports.figures.nothing import OF_A_SEARCH, why_nothing
from reports.figures.registry import REGISTRY
from reports.figures.style import FORMATS, PAGE, STYLES, Style, render, style_named
from reports.figures.table_file import table_text
from reports.read_store import Results

MOST = 30
"""How many figures a report has at most; all others stand in the appendix."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """Which figures become which files.

    Raises:
        ReportError: a format or style is not known.
    """

    formats: tuple[str, ...] = ("png", "pdf")
    """Of FORMATS."""
    style: str = PAGE
    """Of STYLES."""
    appendix: bool = False
    """Whether the figures of the appendix are drawn, too."""

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        if not self.formats:
            raise ReportError(f"no format is named: {', '.join(FORMATS)}")
        for kind, known, given in (("format", FORMATS, self.formats), ("style", STYLES, (self.style,))):
            for name in given:
                if name not in known:
                    raise ReportError(f"no {kind} is called {name!r}: {', '.join(known)}")


@dataclass(frozen=True, kw_only=True)
class DrawnFigures:
    """What was drawn, and what was not."""

    drawn: list[DrawnFigure]
    """In the order of the page."""
    not_drawn: int = 0
    """How many stand in the appendix alone and were not asked for."""


def write_figures(
    results: Results, claims: pd.DataFrame, folder: Path, only: str | None = None, output: Output | None = None
) -> DrawnFigures:
    """Draw the figures that the sweep allows, or those of one name.

    Args:
        results: what the store knows of the sweep.
        claims: what claims_table makes of it.
        folder: holds the folders figures and tables; gets figures/NAME.json (the manifest) and NAME in each format, and
            tables/NAME.csv.
        only: a name of the registry, or that of one figure; None draws all of the report, and with `appendix` those of
            the appendix.
        output: formats, style, appendix.

    Returns:
        The figures; those without anything to draw are left out.

    Raises:
        ReportError: no figure has the name, or it has nothing to draw.
    """
    output = output or Output()
    style = style_named(output.style)
    drawn: list[DrawnFigure] = []
    chosen = chosen_figures(results, claims, only, appendix=output.appendix)
    not_drawn = 0
    for module, view in chosen:
        in_appendix = view.appendix or len(drawn) >= MOST
        if only is None and in_appendix and not output.appendix:
            not_drawn += 1
            continue
        shown, table = rows_of(module, view, results, claims)
        if not table.empty:
            drawn.append(_write(module, view, table, shown, output, style, folder, appendix=in_appendix))
    if only is not None and not drawn:
        raise ReportError(why_nothing(results, only))
    if only is None:
        _remove_others(folder, {figure.name for figure in drawn})
    places = list(SECTIONS)
    return DrawnFigures(drawn=sorted(drawn, key=lambda figure: places.index(figure.section)), not_drawn=not_drawn)


def rows_of(module: FigureModule, view: View, results: Results, claims: pd.DataFrame) -> tuple[Results, pd.DataFrame]:
    """The results that a figure shows, and the rows that it draws."""
    shown = results_of(view, results)
    return shown, module.table(shown, claims, view).reset_index(drop=True)


def _remove_others(folder: Path, names: Set[str]) -> None:
    """Remove the figures of an earlier report that this one does not have: they would pass for current ones."""
    for manifest in (folder / "figures").glob("*.json"):
        if manifest.stem not in names:
            for path in (*(folder / "figures").glob(f"{manifest.stem}.*"), folder / "tables" / f"{manifest.stem}.csv"):
                path.unlink(missing_ok=True)


def chosen_figures(
    results: Results, claims: pd.DataFrame, only: str | None, *, appendix: bool
) -> list[tuple[FigureModule, View]]:
    """The figures that the sweep allows, or those of one name.

    Of a module these are those of the report, where it has any, unless the appendix is wanted.

    Raises:
        ReportError: no figure has the name; the message lists those that there are.
    """
    names = [only] if only in REGISTRY else list(REGISTRY)
    modules = [REGISTRY[name] for name in names if results.search is None or name in OF_A_SEARCH]
    allowed = [(module, view) for module in modules for view in module.views(results, claims)]
    for _, view in allowed:
        if view.section not in SECTIONS:
            raise ReportError(f"figure {view.name}: its section {view.section!r} is none of {', '.join(SECTIONS)}")
    allowed.sort(key=lambda pair: pair[1].appendix)
    if only in REGISTRY:
        first = [pair for pair in allowed if not pair[1].appendix]
        return first if first and not appendix else allowed
    if only is not None and only not in (known := _names(allowed, only)):
        raise ReportError(f"no figure of this sweep is called {only!r}: {', '.join(known)}")
    return [(module, view) for module, view in allowed if only in (None, view.name)]


def _names(allowed: Sequence[tuple[FigureModule, View]], wanted: str) -> list[str]:
    """All names that draw something: those of the registry, and of single figures; the nearest first."""
    names = dict.fromkeys([*REGISTRY, *(view.name for _, view in allowed)])
    return sorted(names, key=lambda name: -difflib.SequenceMatcher(a=wanted, b=name).ratio())


def _write(
    module: FigureModule,
    view: View,
    table: pd.DataFrame,
    results: Results,
    output: Output,
    style: Style,
    folder: Path,
    *,
    appendix: bool,
) -> DrawnFigure:
    pictures, boxed = render(module, table, view, style, {"png", *output.formats})
    boxes = f" No font on this machine has these letters, drawn as boxes: {boxed}" if boxed else ""
    caption = module.caption(table, view, results) + boxes
    csv = table_text(table)
    manifest = make_manifest(
        table=table, view=view, results=results, style=style, csv=csv, png=pictures["png"], caption=caption
    )
    for kind in FORMATS:
        path = folder / "figures" / f"{view.name}.{kind}"
        if kind in output.formats:
            path.write_bytes(pictures[kind])
        else:
            path.unlink(missing_ok=True)
    (folder / "figures" / f"{view.name}.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "tables" / f"{view.name}.csv").write_bytes(csv.encode())
    return DrawnFigure(
        name=view.name, heading=view.heading, section=view.section, caption=caption, appendix=appendix,
        alt_text=module.alt_text(table, view), png=pictures["png"], table=table,
        files=tuple(f"figures/{view.name}.{kind}" for kind in (*output.formats, "json")),
    )  # fmt: skip
