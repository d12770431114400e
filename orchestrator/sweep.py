"""What a sweep is: a base config, factors and their levels, and the cells that follow from them."""

from dataclasses import dataclass
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.errors import NcvqError

Label = str | int | float | bool


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
        name: stem of the file.
        description: what the sweep asks, for people.
        base: settings that all cells share.
        factors: the settings that vary, in the order of the file.
        baseline: for some factors, the label of the level that the others are compared with.
        answers: the metrics that a report answers for in words; empty leaves that to it.
        margins: by metric, the difference that is of no importance, where it is not the usual one.
        grid_cells: cells of the design, before those that are the same trial become one.
        cells: one for each trial; the last factor varies fastest.
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


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Return what a report needs to know about a sweep, as plain JSON values."""
    return {
        "name": sweep.name,
        "description": sweep.description,
        "factors": {factor.name: [level.label for level in factor.levels] for factor in sweep.factors},
        "baseline": dict(sweep.baseline),
        "answers": list(sweep.answers),
        "margins": dict(sweep.margins),
        "cells": [{"trial_id": cell.config.trial_id, "levels": dict(cell.levels)} for cell in sweep.cells],
    }
