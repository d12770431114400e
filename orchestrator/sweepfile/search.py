"""The section `search` of a sweep file: what is varied, what is better, how many suggestions, and who suggests."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ncvq_core.config import TrialConfig, field_names
from ncvq_core.config.trial import FURTHER, STAGES, content_id
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.conditions import of_condition, of_method, read_condition
from orchestrator.sweepfile.deciders import Pruner, read_pruner, read_sampler
from orchestrator.sweepfile.factors import Factors
from orchestrator.sweepfile.objectives import Objective, check_comparable, read_objectives
from orchestrator.sweepfile.probes import probe
from orchestrator.sweepfile.sections import Design
from orchestrator.sweepfile.space import METHOD, Choice, Composed, Parameter, Pick, Range, compose, holes
from orchestrator.sweepfile.sweep import SUGGESTION, Cell, Factor, Level
from orchestrator.sweepfile.templates import TemplateReader
from orchestrator.sweepfile.yaml_lines import Source

SECTION, PARAMETERS = "search", "parameters"
SEED = "seed"

MOST = 10_000
"""Suggestions of a search, at most."""
_KEYS = ("minimize", "maximize", "budget", "sampler", "pruner", SEED, PARAMETERS)
_FIXED = ("dataset", SEED, STAGES, FURTHER, "val_fraction", "evaluate_every")
"""Settings that are the same for all suggestions."""
_OTHERS = ("baseline", "answers", "margins", "belief", "zip", "where", "exclude")
"""Sections that a search has not: they speak of levels, or of how these are compared."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a sweep with suggestions instead of a grid looks for."""

    parameters: tuple[Parameter, ...]
    """What is varied, the SSL method first."""
    objectives: tuple[Objective, ...]
    """What is better; several give a front."""
    budget: int
    """Suggestions in all."""
    sampler: str
    """One of SAMPLERS."""
    seed: int
    """Seeds the suggestions; those of training are a factor."""
    base: Mapping[str, Any]
    """Settings that all suggestions share."""
    seeds: Factor | None
    """The seeds that each suggestion is trained with; an objective is their mean. None: the one of `base`."""
    pruner: Pruner | None = None
    """Who ends trials early; None: nobody."""
    study_id: str = ""
    """Content address of all but the budget: with the same one, a search goes on."""

    def record(self) -> dict[str, Any]:
        """Return what a report needs to know, as plain JSON values."""
        return {
            "study": self.study_id,
            "objectives": [
                {"metric": each.metric, "direction": each.direction, "stage": each.stage, "column": each.column}
                for each in self.objectives
            ],
            "budget": self.budget,
            "sampler": self.sampler,
            "pruner": self.pruner.name if self.pruner else None,
            "parameters": [_described(hole) for hole in self.holes],
        }

    @property
    def trials_each(self) -> int:
        """Trials of a suggestion."""
        return len(self.seeds.levels) if self.seeds else 1

    @property
    def holes(self) -> tuple[Range | Choice, ...]:
        """Every range and choice, in order."""
        return tuple(hole for parameter in self.parameters for hole in holes(parameter.template))

    def compose(self, pick: Pick) -> Composed:
        """Return the settings that picks give."""
        return compose(self.parameters, self.base, pick)

    def cells(self, composed: Composed) -> tuple[Cell, ...]:
        """Return the trials of a suggestion, one a seed.

        Raises:
            ConfigError: the settings do not fit together.
        """
        values = {**self.base, **composed.values}
        if self.seeds is None:
            return (Cell(config=TrialConfig.from_dict(values), levels=dict(composed.picked)),)
        return tuple(
            Cell(
                config=TrialConfig.from_dict({**values, SEED: level.value}),
                levels={**composed.picked, SEED: level.label},
            )
            for level in self.seeds.levels
        )

    def cells_of(self, drawn: Mapping[str, Any], number: int) -> tuple[Cell, ...]:
        """Return the trials of a suggestion.

        Args:
            drawn: by the names of ranges and choices.
            number: of the suggestion.

        Raises:
            ConfigError: the settings do not fit together.
        """
        cells = self.cells(self.compose(lambda hole: drawn[hole.name]))
        return tuple(dataclasses.replace(cell, levels={SUGGESTION: number, **cell.levels}) for cell in cells)


def read_search(source: Source, design: Design) -> tuple[Search, tuple[Cell, ...]] | None:
    """Read what is searched for; None where the file has no such section.

    Args:
        source: the sweep file, with its overrides.
        design: its other sections.

    Returns:
        The search, and a trial for each end of each range and each choice, which are all valid.

    Raises:
        SweepError: an unknown name, a value out of range, or an objective that would not be measured.
    """
    if SECTION not in source.data:
        return None
    written = source.data[SECTION]
    for key in written:
        if key not in _KEYS:
            raise source.error(str(unknown_name("key of a search", key, _KEYS)), SECTION, key)
    budget = _whole(source, "budget", 1)
    if budget > MOST:
        words = f"at most {MOST} suggestions, as the study is rebuilt for each"
        raise source.error(f"budget = {budget}: {words}", SECTION, "budget")
    search = Search(
        parameters=_read_parameters(source, design),
        objectives=read_objectives(source),
        budget=budget,
        sampler=read_sampler(source, budget),
        seed=_whole(source, SEED, 0, 0),
        base=design.base,
        seeds=design.factors.get(SEED),
    )
    varied = [parameter.setting for parameter in search.parameters]
    check_comparable(source, search.objectives, varied)
    probes = tuple({cell.config.trial_id: cell for cell in probe(source, search)}.values())
    pruner = read_pruner(source, search.objectives, varied, probes[0].config)
    search = dataclasses.replace(search, pruner=pruner)
    return dataclasses.replace(search, study_id=_study_id(search, probes)), probes


def check_others(source: Source, factors: Factors) -> None:
    """Check that a file with a search speaks of no levels, before these are looked up.

    Raises:
        SweepError: it has a section of a grid, or a factor beside the seed.
    """
    if SECTION not in source.data:
        return
    for section in _OTHERS:
        if source.data.get(section):
            words = "it has ranges instead of levels, and compares none"
            raise source.error(f"a sweep with search has no {section}: {words}", section)
    for name in factors:
        if name != SEED:
            words = f"the only factor beside search is {SEED}: make it a parameter of the search, or a value in base"
            raise source.error(f"factor {name}: {words}", "factors", name)


def _read_parameters(source: Source, design: Design) -> tuple[Parameter, ...]:
    written = source.data[SECTION].get(PARAMETERS)
    if not isinstance(written, dict) or not written:
        words = "must map settings to {range: [low, high]} or choices"
        raise source.error(f"{PARAMETERS} = {written!r}: {words}", SECTION, PARAMETERS)
    reader = TemplateReader(source)
    found: list[Parameter] = []
    for name in sorted(written, key=lambda name: name != METHOD):
        path = (SECTION, PARAMETERS, name)
        if name not in field_names():
            raise source.error(str(unknown_name("setting", name, field_names())), *path)
        if name in _FIXED:
            raise source.error(f"{name} is the same for all suggestions: write it in base", *path)
        if name in design.base:
            raise source.error(f"{name} is in base too: remove it there, or from the search", *path)
        only_if = read_condition(source, written[name], found, path)
        needs = {**of_method(name, found), **of_condition(only_if, found)}
        template = reader.read(name, path, needs)
        found.append(Parameter(setting=name, template=template, only_if=only_if))
    return tuple(found)


def _whole(source: Source, key: str, minimum: int, default: int | None = None) -> int:
    value = source.data[SECTION].get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
        raise source.error(f"{key} = {value!r}: must be an integer ≥ {minimum}", SECTION, key)
    return value


def _study_id(search: Search, probes: tuple[Cell, ...]) -> str:
    """Return the content address of a study: its trials say what the base and the plugins are."""
    described = {
        "objectives": [[each.direction, each.metric] for each in search.objectives],
        "sampler": search.sampler,
        "pruner": search.pruner.name if search.pruner else None,
        SEED: search.seed,
        "seeds": [str(level.value) for level in _levels(search)],
        PARAMETERS: [_described(hole) for hole in search.holes],
        "conditions": [{name: list(map(str, labels)) for name, labels in each.only_if.items()}
                       for each in search.parameters],
        "probes": [cell.config.trial_id for cell in probes],
    }  # fmt: skip
    return content_id({"study": json.loads(json.dumps(described))})


def _levels(search: Search) -> tuple[Level, ...]:
    return search.seeds.levels if search.seeds else ()


def _described(hole: Range | Choice) -> list[Any]:
    if isinstance(hole, Choice):
        return [hole.name, *map(str, hole.options)]
    return [hole.name, hole.low, hole.high, hole.log, hole.integer]
