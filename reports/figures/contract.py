"""What a module that draws a figure offers, and what it is handed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

import pandas as pd
from matplotlib.figure import Figure

from reports.levels import DATASET
from reports.read_store import Results, Sweep
from reports.relevance import of_stage

EFFECTS, WEIGHTS, ROBUSTNESS, EMBEDDINGS = "effects", "weight", "robustness", "token_embedding"
VALUES, CURVES, COVERAGE, COST = "values", "curves", "coverage", "cost"
RANKS, DIFFICULTY, TRANSFER = "average-ranks", "ssl_difficulty", "transfer"
FURTHER = "further"
IMPORTANCE, MODERATORS = "importance", "moderators"
EXAMPLES = "examples"
SEARCH = "search"
"""Sections of the page."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of figures on the page."""

    title: str
    """What stands above it."""
    lead: str = ""
    """What holds for all of its figures, said once."""


_POINTS = (
    "Large marks: mean over the seeds (of logarithms where a metric is compared by ratios); small points: seeds. "
    "Intervals are 95 % t-intervals of one comparison, not adjusted: verdicts stand under Effects. "
)
_BY_BLOCK = (
    "Small points: trials, as differences from the mean of their block (one dataset and seed), so that neither dataset "
    "nor seed makes a correlation; large marks: mean of a level. ρ: Spearman's rank correlation inside each block, "
    "over its settings, averaged over blocks, with its 95 % interval; “these” and “like these” are the two questions "
    "of the effects. A correlation is no cause. "
)
SECTIONS = {
    EFFECTS: Section(
        title="Effects",
        lead="Mark: mean over datasets of the mean over blocks (a block is one dataset and seed; their number stands "
        "beside it). Whisker: 95 % interval, not adjusted. Verdicts are adjusted (Holm) inside their family. “These "
        "datasets” are those of the sweep, of which more seeds tell more; “datasets like these” are others, of which "
        "only more datasets do.",
    ),
    SEARCH: Section(title="Search"),
    WEIGHTS: Section(
        title="Does the weight of the augmented reconstruction matter?",
        lead=_POINTS + "Differences are paired inside dataset and seed; the light band is the margin inside which they "
        "are of no importance. Weights are evenly spaced, whatever their values. Methods without a weight are a dashed "
        "line. In a heat map a number is bold where its interval excludes 0.",
    ),
    ROBUSTNESS: Section(
        title="Which augmentation suits which dataset?",
        lead=_POINTS + "A whisker is the interval of the paired difference from the reference, drawn from its mean on: "
        "one that crosses the dashed line does not exclude that there is no difference.",
    ),
    EMBEDDINGS: Section(
        title="Does the prior gain from the token embedding?",
        lead="Left: the prior's loss by epoch, mean and range over the seeds; beside it the paired difference from the "
        "reference with its 95 % t-interval at each epoch, not adjusted. Right: what samples are worth; whiskers are "
        "intervals of the paired difference from the reference, drawn from its mean on.",
    ),
    RANKS: Section(
        title="Which level ranks first over datasets?",
        lead="Large mark: average rank over datasets, 1 is the best; small marks: ranks on single datasets, the larger "
        "the more of them. Two levels that no bar joins differ (Wilcoxon's test, Holm over all pairs of the panel).",
    ),
    DIFFICULTY: Section(
        title="Which augmentations make the SSL loss easy, and is that good for anything?",
        lead=_BY_BLOCK + "Further left: an easier loss.",
    ),
    TRANSFER: Section(title="Does a better stage 1 make a better stage 2?", lead=_BY_BLOCK),
    IMPORTANCE: Section(
        title="Which factor matters most?",
        lead="Share of a metric's variance inside blocks (one dataset and seed) that each factor, and each pair beyond "
        "its two factors, explains: functional ANOVA on the scale of the metric. What seeds differ by in all settings "
        "is taken out, as pairs cancel it, and so is what noise gives by chance. Bar: mean over datasets; points: "
        "single datasets; red tick: what noise alone stays below, for all of a panel together, in 95 % of cases. "
        "Shares depend on the levels that were chosen; verdicts stand under Effects.",
    ),
    MODERATORS: Section(
        title="On which datasets does it help?",
        lead="A point is a dataset: its effect (with the 95 % interval of its blocks, not adjusted) against a property "
        "of its TRAIN. ρ: Spearman's rank correlation over datasets with a 95 % interval, not adjusted; p by "
        "permutation, adjusted (Holm) over the levels and properties of a metric. Effects are known only as well as "
        "their seeds tell, which pulls ρ towards 0; properties go together; a correlation is no cause.",
    ),
    EXAMPLES: Section(
        title="Series, codes and spectra",
        lead="What the numbers are about. Where a few trials are shown they are the first of the sweep, not the best: "
        "its first seed, and of what is not compared its first levels; of series the first of each class in the files, "
        "or the first that were drawn. One trial shows what there is, not that it is so for others: that is for the "
        "figures with intervals. Series are scaled by the mean and standard deviation of TRAIN.",
    ),
    CURVES: Section(
        title="By epoch",
        lead="Above: mean over the seeds, band: lowest to highest seed. Below: paired difference from the reference "
        "level, band: its 95 % t-interval at each epoch, not adjusted. Only done trials are drawn.",
    ),
    VALUES: Section(
        title="Metrics by level",
        lead=_POINTS + "A whisker is the interval of the paired difference from the reference, drawn from its mean on.",
    ),
    FURTHER: Section(title="Further figures"),
    COVERAGE: Section(title="Coverage"),
    COST: Section(title="Cost"),
}
"""In the order of the page."""


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
    """A key of SECTIONS."""
    stage: str = ""
    """The stage whose results it shows; empty: the results as they are."""
    dataset: str = ""
    """The dataset whose results it shows; empty: all of them."""
    sweep: Sweep
    """The design, as its stage sees it."""
    appendix: bool = False
    """Whether it is drawn for the appendix alone."""
    metrics: tuple[str, ...] = ()
    """The metrics of the trials that it shows."""
    curves: tuple[str, ...] = ()
    """The columns of the history that it shows."""
    test: str = ""
    """How that was tested which it claims beside the effects; empty: it claims nothing else."""
    layout: Any = None
    """Where everything goes: what the module's LAYOUT makes, of plain values."""


class NameAndHeading(TypedDict):
    """The two fields of a View by which pages of a figure are told apart."""

    name: str
    heading: str


def numbered(name: str, heading: str, place: int, count: int) -> NameAndHeading:
    """The name and heading of one of so many pages of a figure, as View takes them; places are counted from 1."""
    if count == 1:
        return NameAndHeading(name=name, heading=heading)
    return NameAndHeading(name=f"{name}_{place}", heading=f"{heading}, page {place} of {count}")


def results_of(view: View, results: Results) -> Results:
    """The results that a figure shows: those of its stage and dataset."""
    seen = of_stage(results, view.stage) if view.stage else results
    if not view.dataset:
        return seen
    return dataclasses.replace(seen, cells=seen.cells[seen.cells[DATASET] == view.dataset])


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
