"""What a module that draws a figure offers, and what it is handed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure

from reports.panels import COLUMN_FACTOR
from reports.read_store import Results, Sweep
from reports.stages import of_stage

EFFECTS, VALUES, CURVES = "effects", "values", "curves"
"""Sections of the page."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One figure to draw: all that its drawing needs beside its table, computed once. A manifest keeps it."""

    figure: str
    """The name of its module in the registry."""
    name: str
    """The name of its files, without folder and suffix."""
    subject: str = ""
    """What it is about, in the words of its module: a metric, a curve, a dataset, a page."""
    heading: str
    """What stands above it."""
    section: str
    """EFFECTS, VALUES or CURVES."""
    group: str = ""
    """The heading of its group inside the section."""
    stage: str = ""
    """The stage whose results it shows; empty: the results as they are."""
    dataset: str = ""
    """The dataset whose results it shows; empty: all of them."""
    sweep: Sweep
    """The design, as its stage sees it."""
    metrics: tuple[str, ...] = ()
    """The metrics of the trials that it shows."""
    curves: tuple[str, ...] = ()
    """The columns of the history that it shows."""
    layout: Any = None
    """Where everything goes: what the module's LAYOUT makes, of plain values."""


def results_of(view: View, results: Results) -> Results:
    """The results that a figure shows: those of its stage and dataset."""
    seen = of_stage(results, view.stage) if view.stage else results
    if not view.dataset:
        return seen
    cells, lines = seen.cells, seen.history
    return dataclasses.replace(
        seen, cells=cells[cells[COLUMN_FACTOR] == view.dataset], history=lines[lines[COLUMN_FACTOR] == view.dataset]
    )


class FigureModule(Protocol):
    """The contract. A figure is two functions, one for the tidy table and one that draws it, and its words."""

    LAYOUT: type[Any]
    """A frozen dataclass whose fields are texts, numbers and tuples of them."""

    def views(self, results: Results, claims: pd.DataFrame) -> Sequence[View]:
        """The figures that the sweep allows, in order; claims is what claims_table makes of the results."""

    def table(self, results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
        """The rows that are drawn; empty where there is nothing to draw. Results are what results_of makes."""

    def draw(self, table: pd.DataFrame, view: View) -> Figure:
        """Draw the table, and nothing else."""

    def caption(self, table: pd.DataFrame, view: View, results: Results) -> str:
        """What stands under the figure."""

    def alt_text(self, table: pd.DataFrame, view: View) -> str:
        """What is read aloud instead of it."""
