"""From a design to its cells: the grid, what is selected of it, and which cells are one trial."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.errors import ConfigError, DataError
from ncvq_core.stage1_config import SSL_SETTINGS
from orchestrator.sweep import Cell, Factor, Label, Level
from orchestrator.sweep_factors import level_path
from orchestrator.sweep_sections import Design, Selector
from orchestrator.yaml_lines import Source

CheckDataset = Callable[[str], None]


def grid(factors: Sequence[Factor], zips: Sequence[Collection[str]]) -> Iterator[dict[str, Level]]:
    """Yield each combination of levels once, the last factor fastest; zipped factors move together."""
    levels = {factor.name: factor.levels for factor in factors}
    axes: list[list[dict[str, Level]]] = []
    placed: set[str] = set()
    for factor in factors:
        if factor.name not in placed:
            group = next((names for names in zips if factor.name in names), [factor.name])
            rows = zip(*(levels[name] for name in group), strict=True)
            axes.append([dict(zip(group, row, strict=True)) for row in rows])
            placed.update(group)
    for rows_of_cell in itertools.product(*axes):
        cell = {name: level for row in rows_of_cell for name, level in row.items()}
        yield {factor.name: cell[factor.name] for factor in factors}


def is_selected(levels: Mapping[str, Level], where: Sequence[Selector], exclude: Sequence[Selector]) -> bool:
    """Return whether a combination matches an entry of `where` (if there are any) and none of `exclude`."""
    wanted = not where or any(_matches(levels, entry) for entry in where)
    return wanted and not any(_matches(levels, entry) for entry in exclude)


def settings_without_effect(config: TrialConfig) -> frozenset[str]:
    """Return the settings that change nothing in a trial, such as those of the augmented view without SSL."""
    ssl = config.stage1.ssl
    if ssl is None:
        return SSL_SETTINGS
    return frozenset() if ssl.uses_projector_width else frozenset({"projector_width"})


def expand(source: Source, design: Design, check_dataset: CheckDataset | None) -> tuple[int, tuple[Cell, ...]]:
    """Build the selected cells of a design.

    Args:
        source: where the design was written.
        design: the design.
        check_dataset: raises ConfigError or DataError for a dataset that cannot be had.

    Returns:
        How many cells are selected, and those that are left when cells with the same trial become one.

    Raises:
        SweepError: a cell is not a valid config, levels do not differ, or no cell is left.
    """
    cells: dict[str, Cell] = {}
    selected = 0
    checked: set[str] = set()
    for levels in grid(list(design.factors.values()), design.zips):
        if not is_selected(levels, design.where, design.exclude):
            continue
        selected += 1
        config = _config(source, design, levels)
        if check_dataset and config.stage1.dataset not in checked:
            _check_dataset(source, design, levels, config.stage1.dataset, check_dataset)
            checked.add(config.stage1.dataset)
        idle = settings_without_effect(config)
        labels = {name: None if name in idle else level.label for name, level in levels.items()}
        first = cells.setdefault(config.trial_id, Cell(config=config, levels=labels))
        if first.levels != labels:
            raise _same_trial(source, design, first.levels, labels)
    if not cells:
        section = "exclude" if design.exclude else "where"
        raise source.error(f"{section} leaves no cell", section)
    return selected, tuple(cells.values())


def _matches(levels: Mapping[str, Level], entry: Selector) -> bool:
    return all(levels[name].label in labels for name, labels in entry.items())


def _config(source: Source, design: Design, levels: Mapping[str, Level]) -> TrialConfig:
    values = {name: level.value for name, level in levels.items()} | design.base
    try:
        return TrialConfig.from_dict(values)
    except ConfigError as error:
        culprit = error.field if error.field in values else _culprit(values)
        path = _setting_path(source, design, levels, culprit) if culprit else ("base",)
        raise source.error(str(error), *path) from error


def _culprit(values: dict[str, Any]) -> str | None:
    """Return a setting without which the config would be valid."""
    for name in values:
        try:
            TrialConfig.from_dict({other: value for other, value in values.items() if other != name})
        except ConfigError:
            continue
        return name
    return None


def _check_dataset(
    source: Source, design: Design, levels: Mapping[str, Level], dataset: str, check_dataset: CheckDataset
) -> None:
    try:
        check_dataset(dataset)
    except (ConfigError, DataError) as error:
        raise source.error(str(error), *_setting_path(source, design, levels, "dataset")) from error


def _setting_path(source: Source, design: Design, levels: Mapping[str, Level], name: str) -> tuple[Any, ...]:
    if name in levels:
        return level_path(source, design.factors[name], levels[name].label)
    return "base", name


def _same_trial(
    source: Source, design: Design, first: Mapping[str, Label | None], second: Mapping[str, Label | None]
) -> Exception:
    name = next(name for name in first if first[name] != second[name])
    message = f"factor {name}: levels {first[name]!r} and {second[name]!r} give the same trial; keep one of them"
    return source.error(message, *level_path(source, design.factors[name], second[name]))
