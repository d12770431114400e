"""Draws the figures of a sweep into a folder: for each PNG, PDF, table and manifest."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import pandas as pd

from reports.errors import ReportError
from reports.figures.contract import FigureModule, View, results_of
from reports.figures.drawn import DrawnFigure
from reports.figures.manifest import make_manifest
from reports.figures.registry import REGISTRY
from reports.figures.style import Style, page_style, render
from reports.figures.table_file import table_text
from reports.read_store import Results
from reports.statistics.specification import Options


def write_figures(
    results: Results, claims: pd.DataFrame, folder: Path, only: str | None = None, options: Options | None = None
) -> list[DrawnFigure]:
    """Draw all figures that the sweep allows, or those of one name.

    Args:
        results: what the store knows of the sweep.
        claims: what claims_table makes of it.
        folder: holds the folders figures and tables; gets figures/NAME.png, .pdf and .json
            (the manifest), and tables/NAME.csv.
        only: a name of the registry, or that of one figure; None draws all.
        options: those that the claims were made with.

    Returns:
        The figures in the order of the page; those without anything to draw are left out.

    Raises:
        ReportError: no figure has the name, or it has nothing to draw.
    """
    style = page_style()
    drawn = []
    for module, view in chosen_figures(results, claims, only):
        shown = results_of(view, results)
        table = module.table(shown, claims, view).reset_index(drop=True)
        if not table.empty:
            drawn.append(_write(module, view, table, shown, options or Options(), style, folder))
    if only is not None and not drawn:
        raise ReportError(f"{only}: nothing to draw yet in sweep {results.sweep.name}")
    if only is None:
        _remove_others(folder, {figure.name for figure in drawn})
    return drawn


def _remove_others(folder: Path, names: Set[str]) -> None:
    """Remove the figures of an earlier report that this one does not have: they would pass for current ones."""
    for manifest in (folder / "figures").glob("*.json"):
        if manifest.stem not in names:
            for path in (*(folder / "figures").glob(f"{manifest.stem}.*"), folder / "tables" / f"{manifest.stem}.csv"):
                path.unlink(missing_ok=True)


def chosen_figures(results: Results, claims: pd.DataFrame, only: str | None) -> Iterator[tuple[FigureModule, View]]:
    """The figures that the sweep allows, or those of one name.

    Raises:
        ReportError: no figure has the name; the message lists those that there are.
    """
    if only in REGISTRY:
        yield from ((REGISTRY[only], view) for view in REGISTRY[only].views(results, claims))
        return
    allowed = [(module, view) for module in REGISTRY.values() for view in module.views(results, claims)]
    if only is not None and only not in (names := _names(allowed, only)):
        raise ReportError(f"no figure of this sweep is called {only!r}: {', '.join(names)}")
    yield from ((module, view) for module, view in allowed if only in (None, view.name))


def _names(allowed: Sequence[tuple[FigureModule, View]], wanted: str) -> list[str]:
    """All names that draw something: those of the registry, and of single figures; the nearest first."""
    names = dict.fromkeys([*REGISTRY, *(view.name for _, view in allowed)])
    return sorted(names, key=lambda name: -difflib.SequenceMatcher(a=wanted, b=name).ratio())


def _write(
    module: FigureModule,
    view: View,
    table: pd.DataFrame,
    results: Results,
    options: Options,
    style: Style,
    folder: Path,
) -> DrawnFigure:
    picture = render(module, table, view, style)
    boxes = f" No font on this machine has these letters, drawn as boxes: {picture.boxes}" if picture.boxes else ""
    caption = module.caption(table, view, results) + boxes
    csv = table_text(table)
    manifest = make_manifest(
        table=table, view=view, results=results, options=options, style=style, csv=csv, png=picture.png, caption=caption
    )
    (folder / "figures" / f"{view.name}.png").write_bytes(picture.png)
    (folder / "figures" / f"{view.name}.pdf").write_bytes(picture.pdf)
    (folder / "figures" / f"{view.name}.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "tables" / f"{view.name}.csv").write_bytes(csv.encode())
    return DrawnFigure(
        name=view.name, heading=view.heading, section=view.section, family=view.group, caption=caption,
        alt_text=module.alt_text(table, view), png=picture.png, table=table,
    )  # fmt: skip
