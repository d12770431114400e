"""What a sweep is: a base config, factors and their levels, and the cells that follow from them."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncvq_core.config import TrialConfig
from ncvq_core.errors import NcvqError
from ncvq_core.metrics import as_records
from ncvq_core.plugins import Plugin, additions

if TYPE_CHECKING:
    from orchestrator.sweepfile.search import Search

Label = str | int | float | bool
Belief = dict[str, dict[Label, tuple[Label, ...]]]
SUGGESTION = "suggestion"
"""The factor that the trials of a search differ in: the number of the first suggestion that they are of."""


class SweepError(NcvqError):
    """A sweep that cannot be read or makes no sense; the message starts with the file and line to repair."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One value of a factor, and the label that stands for it in figures, baselines and selections."""

    label: Label
    value: Any


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A setting that the sweep varies."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One trial of a sweep; a factor that has no effect on it has the label None."""

    config: TrialConfig
    levels: dict[str, Label | None]


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A design, checked and expanded.

    Attributes:
        name: stem of the file, with a profile followed by - and its name.
        description: what the sweep asks, for people.
        base: settings that all cells share.
        factors: the settings that vary, in the order of the file.
        baseline: for some factors, the label of the level that the others are compared with.
        answers: the metrics that a report answers for in words; empty leaves that to it.
        margins: by metric, the difference that is of no importance, where it is not the usual one.
        belief: for a factor, two of its levels, each with the datasets that it is thought to suit better.
        profiles: names of the smaller or otherwise changed versions that the file has.
        profile: the one that this is; None for the sweep as it is.
        plugins: files of the user's that the sweep or the command names, and modules of installed packages.
        missing: names of the datasets that are left out because they are not at hand.
        raced: its seeds go where a verdict is open, so that not all settings have all of them.
        grid_cells: cells of the design, before those that are the same trial become one.
        cells: one for each trial; the last factor varies fastest. Of a search, until its suggestions are known: the
            ends of what it varies.
        search: what is looked for with suggestions; None where the cells are a grid.
    """

    name: str
    description: str
    base: dict[str, Any]
    factors: tuple[Factor, ...]
    baseline: dict[str, Label]
    answers: tuple[str, ...]
    margins: dict[str, float]
    grid_cells: int
    cells: tuple[Cell, ...]
    belief: Belief = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    profile: str | None = None
    plugins: tuple[Plugin, ...] = ()
    missing: tuple[str, ...] = ()
    raced: bool = False
    search: "Search | None" = None

    @property
    def judged_datasets(self) -> tuple[str, ...]:
        """The datasets of which samples are drawn, in the order of the cells."""
        return tuple(dict.fromkeys(cell.config.stage1.dataset for cell in self.cells if cell.config.sampling))


def without_datasets(sweep: Sweep, missing: Collection[str]) -> Sweep:
    """Return a sweep that has no cells of some datasets as one that says so: they are no levels of it any more."""
    if not missing:
        return sweep
    kept = {
        factor.name: tuple(level for level in factor.levels if factor.name != "dataset" or level.value not in missing)
        for factor in sweep.factors
    }
    labels = {name: {level.label for level in levels} for name, levels in kept.items()}
    return replace(
        sweep,
        factors=tuple(replace(factor, levels=kept[factor.name]) for factor in sweep.factors),
        baseline={name: label for name, label in sweep.baseline.items() if label in labels[name]},
        missing=tuple(missing),
    )


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Return what a report needs to know about a sweep, as plain JSON values.

    The text of a plugin is for people, who may want to know what a trial was made with; nothing runs it.
    """
    further = dict.fromkeys(name for cell in sweep.cells for name in cell.config.metrics)
    factors = {factor.name: [level.label for level in factor.levels] for factor in sweep.factors}
    return {
        "name": sweep.name,
        "description": sweep.description,
        "factors": {**_suggestions(sweep), **factors},
        "baseline": dict(sweep.baseline),
        "answers": list(sweep.answers),
        "margins": dict(sweep.margins),
        "belief": {name: [[level, list(of)] for level, of in sides.items()] for name, sides in sweep.belief.items()},
        "profile": sweep.profile,
        "missing": list(sweep.missing),
        "raced": sweep.raced,
        "plugins": [_plugin_record(plugin) for plugin in sweep.plugins],
        "further_metrics": as_records(further),
        "cells": [{"trial_id": cell.config.trial_id, "levels": dict(cell.levels)} for cell in sweep.cells],
        **({"search": sweep.search.record()} if sweep.search else {}),
    }


def _suggestions(sweep: Sweep) -> dict[str, list[Label | None]]:
    """Return the factor that the trials of a search differ in, with its levels; nothing for a grid."""
    if sweep.search is None:
        return {}
    return {SUGGESTION: list(dict.fromkeys(cell.levels[SUGGESTION] for cell in sweep.cells))}


def _plugin_record(plugin: Plugin) -> dict[str, Any]:
    adds = [f"{addition.kind} {addition.name}" for addition in additions(plugin)]
    return {"file": Path(plugin.path).name, "checksum": plugin.checksum, "adds": adds, "source": plugin.source}
