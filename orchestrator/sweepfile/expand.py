"""From a design to its cells: the grid, what is selected of it, and which cells are one trial."""

import difflib
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.config.tokenizer import SSL_SETTINGS
from ncvq_core.errors import ConfigError, DataError, NotAtHandError
from orchestrator.sweepfile.factors import level_path
from orchestrator.sweepfile.sections import Design, Selector
from orchestrator.sweepfile.sweep import Cell, Factor, Label, Level
from orchestrator.sweepfile.yaml_lines import Source

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


def expand(
    source: Source, design: Design, check_dataset: CheckDataset | None, *, available: bool = False
) -> tuple[int, tuple[Cell, ...], tuple[str, ...]]:
    """Build the selected cells of a design.

    Args:
        source: where the design was written.
        design: the design.
        check_dataset: raises ConfigError or DataError for a dataset that cannot be had.
        available: leave out the cells of datasets that are not at hand.

    Returns:
        How many cells are selected, those that are left when cells with the same trial become one, and the datasets
        that are left out.

    Raises:
        SweepError: a cell is not a valid config, levels do not differ, a dataset cannot be had, or no cell is left.
    """
    cells: dict[str, Cell] = {}
    selected = 0
    datasets = _Datasets(source, design, check_dataset, available=available)
    for levels in grid(list(design.factors.values()), design.zips):
        if not is_selected(levels, design.where, design.exclude):
            continue
        config = _config(source, design, levels)
        if not datasets.has(config.stage1.dataset, levels):
            continue
        selected += 1
        idle = settings_without_effect(config)
        labels = {name: None if name in idle else level.label for name, level in levels.items()}
        first = cells.setdefault(config.trial_id, Cell(config=config, levels=labels))
        if first.levels != labels:
            raise _same_trial(source, design, first.levels, labels)
    datasets.refuse_missing(has_cells=bool(cells))
    if not cells:
        section = "exclude" if design.exclude else "where"
        raise source.error(f"{section} leaves no cell", section)
    return selected, tuple(cells.values()), tuple(datasets.missing)


def _matches(levels: Mapping[str, Level], entry: Selector) -> bool:
    return all(levels[name].label in labels for name, labels in entry.items())


def _config(source: Source, design: Design, levels: Mapping[str, Level]) -> TrialConfig:
    values = {name: level.value for name, level in levels.items()} | design.base
    try:
        return TrialConfig.from_dict(values)
    except ConfigError as error:
        culprit = error.field if error.field in values else _culprit(values)
        path = _setting_path(source, design, levels, culprit) if culprit else ("base",)
        hint = _near_level(design, levels, culprit) if culprit else ""
        raise source.error(f"{error}{hint}", *path) from error


def _near_level(design: Design, levels: Mapping[str, Level], name: str) -> str:
    """Return which level of the file an unusable word may mean, as the end of a message; nothing where none is near."""
    written = levels[name].value if name in levels else None
    labels = [str(level.label) for level in design.known[name].levels] if name in design.known else []
    near = difflib.get_close_matches(written, labels, n=1, cutoff=0.5) if isinstance(written, str) else []
    near = [label for label in near if label != written]
    return f"; did you mean the level {near[0]!r}? The sweep has {', '.join(labels)}" if near else ""


def _culprit(values: dict[str, Any]) -> str | None:
    """Return a setting without which the config would be valid."""
    for name in values:
        try:
            TrialConfig.from_dict({other: value for other, value in values.items() if other != name})
        except ConfigError:
            continue
        return name
    return None


class _Datasets:
    """The datasets of a design, each looked for once.

    Attributes:
        missing: those that are not at hand, and why.
    """

    def __init__(self, source: Source, design: Design, check: CheckDataset | None, *, available: bool) -> None:
        self.missing: dict[str, str] = {}
        self._found: set[str] = set()
        self._source, self._design, self._check, self._available = source, design, check, available
        self._places: list[tuple[Any, ...]] = []

    def has(self, dataset: str, levels: Mapping[str, Level]) -> bool:
        """Say whether a dataset is at hand.

        Raises:
            SweepError: it is unusable, or nobody knows it.
        """
        if self._check and dataset not in self._found and dataset not in self.missing:
            place = _setting_path(self._source, self._design, levels, "dataset")
            try:
                self._check(dataset)
                self._found.add(dataset)
            except (ConfigError, DataError) as error:
                elsewhere = isinstance(error, NotAtHandError) or (self._available and isinstance(error, ConfigError))
                if not elsewhere:
                    raise self._source.error(str(error), *place) from error
                self.missing[dataset] = str(error)
                self._places.append(place)
        return dataset not in self.missing

    def refuse_missing(self, *, has_cells: bool) -> None:
        """Refuse a design of which datasets are not at hand, unless the others are enough.

        Raises:
            SweepError: one line that names them all, and how to get them.
        """
        if not self.missing or (self._available and has_cells):
            return
        rest = "; --available runs the rest" if has_cells else ", and without them nothing is left to run"
        reason = next(iter(self.missing.values())).partition("the download failed: ")[2]
        raise self._source.error(f"{not_at_hand(self.missing)}{rest}{reason and f' ({reason})'}", *self._places[0])


def check_named(source: Source, dataset: str, check: CheckDataset | None) -> None:
    """Check that the one dataset of a sweep can be had.

    Raises:
        SweepError: it cannot.
    """
    try:
        if check:
            check(dataset)
    except NotAtHandError as error:
        raise source.error(not_at_hand([dataset]), "base", "dataset") from error
    except (ConfigError, DataError) as error:
        raise source.error(str(error), "base", "dataset") from error


def not_at_hand(datasets: Collection[str]) -> str:
    """Say which datasets are not at hand, and how to get them."""
    names = ", ".join(datasets)
    return f"not at hand: {names}; name an archive that has them with --data-dir, or `ncvq data fetch NAME` each"


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
