"""The factors of a sweep file: their levels, the labels of these, and how other sections refer to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from ncvq_core.config import field_names
from ncvq_core.config.trial import FURTHER
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.sweep import Factor, Label, Level, SweepError
from orchestrator.sweepfile.yaml_lines import Source

Factors = dict[str, Factor]


def read_factors(source: Source, known: Mapping[str, Factor]) -> Factors:
    """Read the factors; where a list holds the label of a level that `known` has, it means that level."""
    factors = {}
    for name in source.data.get("factors", {}):
        if name not in field_names():
            raise source.error(str(unknown_name("factor", name, field_names())), "factors", name)
        if name == FURTHER:
            raise source.error(f"{name} is the same for all trials of a sweep: write it in base", "factors", name)
        factors[name] = _read_factor(source, name, known[name].levels if name in known else ())
    return factors


def unknown_factor(source: Source, factors: Factors, name: Any, *path: Any) -> SweepError:
    """Return the error for a name that is no factor of this sweep."""
    if not factors:
        return source.error(f"unknown factor {name!r}: the sweep has no factors", *path)
    return source.error(str(unknown_name("factor", name, factors)), *path)


def find_label(source: Source, factors: Factors, name: str, written: Any, *path: Any) -> Label:
    """Return the label that another section means, or raise the error for the place that it stands at."""
    if name not in factors:
        raise unknown_factor(source, factors, name, *path)
    label = label_of(written)
    level = _find_level(factors[name].levels, label)
    if level is None:
        valid = [str(level.label) for level in factors[name].levels]
        raise source.error(str(unknown_name(f"level of {name}", label, valid)), *path)
    return level.label


def level_path(source: Source, factor: Factor, label: Label | None) -> tuple[Any, ...]:
    """Return where in the file a level stands."""
    if isinstance(source.data["factors"][factor.name], dict):
        return "factors", factor.name, label
    return "factors", factor.name, [level.label for level in factor.levels].index(label)  # type: ignore[arg-type]


def _read_factor(source: Source, name: str, known: Sequence[Level]) -> Factor:
    written = source.data["factors"][name]
    if isinstance(written, dict):
        items = [(label, Level(label=label, value=value)) for label, value in written.items()]
    elif isinstance(written, list):
        new = [Level(label=label_of(value), value=value) for value in written]
        items = [(index, _find_level(known, level.label) or level) for index, level in enumerate(new)]
    else:
        raise source.error(
            f"{name} = {written!r}: must be a list of levels (or a mapping to them from labels)", "factors", name
        )
    if not items:
        raise source.error(f"factor {name} has no levels", "factors", name)
    levels: list[Level] = []
    for key, level in items:
        if level.label is None:
            raise source.error(f"factor {name}: a level needs a label other than null", "factors", name, key)
        for other in levels:
            if other.label == level.label or other.value == level.value:
                message = f"factor {name}: level {level.label!r} repeats level {other.label!r}"
                raise source.error(message, "factors", name, key)
        levels.append(level)
    return Factor(name=name, levels=tuple(levels))


def _find_level(levels: Sequence[Level], label: Label) -> Level | None:
    """Return the level with a label; 1.0 means 1, but true does not."""
    is_bool = isinstance(label, bool)
    return next((level for level in levels if level.label == label and isinstance(level.label, bool) == is_bool), None)


def label_of(value: Any) -> Label:
    """Return the label of a level that was given none: scalars are their own, sets are joined with +."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return "+".join(str(label_of(item)) for item in value) or "none"
    if isinstance(value, dict):
        return "+".join(f"{name}({_parameters_text(parameters)})" for name, parameters in value.items())
    return "null"


def _parameters_text(parameters: Any) -> str:
    if not isinstance(parameters, dict):
        return str(parameters)
    return ", ".join(f"{name}={value}" for name, value in sorted(parameters.items(), key=str))
