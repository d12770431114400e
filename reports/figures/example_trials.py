"""Which trials stand for a sweep where a figure can show a few: always the first, never the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.store.examples import Shown
from orchestrator.store.stages import ID_COLUMNS
from reports.figures.contract import EXAMPLES, View
from reports.levels import ALL, AUGMENTATIONS, DATASET, EMBEDDING, SSL, WEIGHT, in_level_order
from reports.read_store import Results, Sweep
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.specification import reference_level

SHOWN_DATASETS = 2
"""Of how many datasets a report shows examples; those of the others stand in the appendix."""
STAGE_ID = "stage_id"
METHODS = (SSL, AUGMENTATIONS, EMBEDDING, WEIGHT)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What one page shows side by side."""

    factor: str
    """The factor whose levels are compared; empty where nothing varies."""
    levels: tuple[str, ...]
    """The reference level and another one; one alone where there is no other; ALL without a factor."""


@once
def with_examples(results: Results, stage: str) -> pd.DataFrame:
    """The done trials of which examples of a stage are kept, in the order of the sweep's levels, with STAGE_ID."""
    done, column = results.done, ID_COLUMNS[stage]
    if column not in done:
        return done.iloc[:0].assign(**{STAGE_ID: ""})
    held = done[done[column].map(results.examples.has).astype("bool")]
    return in_level_order(held.assign(**{STAGE_ID: held[column]}), results.sweep, list(results.sweep.factors))


def method_factor(sweep: Sweep, among: Sequence[str] = METHODS) -> str:
    """The factor whose levels a reader would call methods: the first that varies; empty where none does."""
    others = [name for name in sweep.varying if name not in (DATASET, *METHODS)]
    return next((name for name in (*among, *others) if name in sweep.varying), "")


def pair_views(results: Results, figure: str, heading: str, stage: str) -> list[View]:
    """A page for each dataset and level beside the reference level; the first of the first datasets are the report's.

    Args:
        results: of the sweep.
        figure: the name of the module.
        heading: what all pages are about.
        stage: whose examples are shown.
    """
    seen = of_stage(results, stage)
    trials, factor = with_examples(seen, stage), method_factor(seen.sweep)
    found: list[tuple[str, tuple[str, ...], bool]] = []
    for place, dataset in enumerate(datasets_of(trials, seen.sweep)):
        own = trials[trials[DATASET] == dataset] if dataset else trials
        pairs = _pairs(own, seen.sweep, factor)
        found += [(dataset, pair, place >= SHOWN_DATASETS or pair != pairs[0]) for pair in pairs]
    return [
        View(
            figure=figure,
            name=figure if len(found) == 1 else f"{figure}_{number}",
            heading=f"{heading}: {', '.join(words)}" if (words := _about(dataset, factor, levels)) else heading,
            section=EXAMPLES,
            stage=stage,
            dataset=dataset,
            sweep=seen.sweep,
            appendix=appendix,
            layout=Pair(factor=factor, levels=levels),
        )
        for number, (dataset, levels, appendix) in enumerate(found, start=1)
    ]


def _about(dataset: str, factor: str, levels: tuple[str, ...]) -> list[str]:
    return [*([dataset] if dataset else []), *([" and ".join(levels)] if factor else [])]


def _pairs(trials: pd.DataFrame, sweep: Sweep, factor: str) -> list[tuple[str, ...]]:
    if not factor:
        return [(ALL,)] if len(trials) else []
    reference = reference_level(sweep, factor)[0]
    levels = list(dict.fromkeys(trials[factor].dropna()))
    others = [level for level in levels if level != reference]
    if reference not in levels:
        return [tuple(levels[:2])] if levels else []
    return [(reference, other) for other in others] or [(reference,)]


def datasets_of(trials: pd.DataFrame, sweep: Sweep) -> list[str]:
    """The datasets of some trials; one empty text where the sweep has no such factor."""
    if DATASET not in sweep.factors:
        return [""] if len(trials) else []
    return list(dict.fromkeys(trials[DATASET]))


def first_trials(results: Results, view: View) -> list[tuple[str, pd.Series]]:
    """The trial of each level of a page, where there is one: the first in the order of the sweep."""
    trials, pair = with_examples(results, view.stage), view.layout
    found = []
    for level in pair.levels:
        own = trials[trials[pair.factor] == level] if pair.factor else trials
        if view.dataset:
            own = own[own[DATASET] == view.dataset]
        if len(own):
            found.append((level, own.iloc[0]))
    return found


def trial_words(table: pd.DataFrame, view: View, results: Results) -> str:
    """Which trials a table shows, in words: what varies, with its level, and the seed."""
    shown = results.cells[results.cells["trial_id"].isin(table["trial_id"].dropna())]
    words = []
    for row in shown.to_dict("records"):
        levels = [f"{name}={row[name]}" for name in [*view.sweep.varying, "seed"]
                  if name != DATASET and isinstance(row.get(name), str)]  # fmt: skip
        words.append(" ".join(levels))
    return "; ".join(word for word in words if word)


def values_of(examples: pd.DataFrame, what: Shown) -> pd.DataFrame:
    """The rows of one kind, in their order."""
    return examples[examples["what"] == what]


def stacked(rows: pd.DataFrame) -> NDArray[np.float64]:
    """The values of rows that all have as many, (rows, values)."""
    return np.stack([np.asarray(each, dtype=np.float64) for each in rows["values"]]) if len(rows) else np.empty((0, 0))
