"""The parameters of a search as a sweep file has them: ranges and choices, also inside the values of settings."""

import math
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.errors import unknown_name
from ncvq_core.settings import value_type
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.registry import KINDS
from orchestrator.sweepfile.factors import label_of
from orchestrator.sweepfile.space import Choice, Range, holes
from orchestrator.sweepfile.sweep import Label
from orchestrator.sweepfile.yaml_lines import Source

RANGE, LOG, CHOICES, CONDITION = "range", "log", "choices", "if"

_KINDS = {name: kind for stage in KINDS for name, kind in stage.settings.items()}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the reader is."""

    path: tuple[Any, ...]
    """In the file."""
    name: str
    """For people."""
    kind: type | None
    """What a number here is for; None where that is not known."""
    component: type | None = None
    """The component whose parameters stand here."""
    needs: Mapping[str, Label] = field(default_factory=dict)
    """Options without which nothing here has an effect."""


class TemplateReader:
    """Reads parameters, each name once."""

    def __init__(self, source: Source) -> None:
        """Begin with no names."""
        self._source = source
        self._names: set[str] = set()

    def read(self, setting: str, path: tuple[Any, ...], needs: Mapping[str, Label]) -> Range | Choice:
        """Read what a setting is drawn from.

        Raises:
            SweepError: it is neither a range nor choices, or one of them makes no sense.
        """
        value = self._source.data
        for step in path:
            value = value[step]
        place = _Place(path=path, name=setting, kind=_KINDS.get(setting), needs=needs)
        if isinstance(value, dict) and RANGE in value:
            return self._range(value, place, (RANGE, LOG, CONDITION))
        if isinstance(value, dict) and CHOICES in value:
            return self._nested_choice(value, place, (CHOICES, CONDITION))
        if isinstance(value, dict | list):
            return self._choice(value, place, path)
        words = "must be {range: [low, high]}, a list of choices, or a mapping to them from labels"
        raise self._source.error(f"{setting} = {value!r}: {words}; a fixed value belongs in base", *path)

    def _template(self, value: Any, place: _Place) -> Any:
        if isinstance(value, dict) and RANGE in value:
            return self._range(value, place, (RANGE, LOG))
        if isinstance(value, dict) and CHOICES in value:
            return self._nested_choice(value, place, (CHOICES,))
        if isinstance(value, dict):
            return {key: self._template(item, _inside(place, key)) for key, item in value.items()}
        if isinstance(value, list):
            items = enumerate(value)
            return [self._template(item, _moved(place, (*place.path, index))) for index, item in items]
        return value

    def _range(self, written: dict[str, Any], place: _Place, valid: tuple[str, ...]) -> Range:
        self._check_keys(written, place, "range", valid)
        ends, log = written[RANGE], written.get(LOG, False)
        where = (*place.path, RANGE)
        if not isinstance(log, bool):
            raise self._source.error(f"log = {log!r}: must be true or false", *place.path, LOG)
        if place.kind in (str, bool):
            raise self._source.error(f"{place.name} has no range: list its choices", *where)
        numbers = isinstance(ends, list) and [end for end in ends if isinstance(end, int | float)]
        if not numbers or len(numbers) != len(ends) or len(ends) != 2 or any(isinstance(end, bool) for end in ends):
            raise self._source.error(f"range of {place.name} = {ends!r}: must be two numbers, [low, high]", *where)
        low, high = numbers
        if not all(map(math.isfinite, numbers)):
            raise self._source.error(f"range of {place.name} = {ends!r}: both ends must be finite", *where)
        if not low < high:
            raise self._source.error(f"range of {place.name} = {ends!r}: the first must be the smaller one", *where)
        if log and low <= 0:
            words = "on a logarithmic scale both must be above 0"
            raise self._source.error(f"range of {place.name} = {ends!r}: {words}", *where)
        integer = place.kind is int
        if integer and not all(isinstance(end, int) for end in numbers):
            raise self._source.error(f"range of {place.name} = {ends!r}: it takes whole numbers alone", *where)
        if not integer:
            low, high = float(low), float(high)
        name = self._fresh(place.name)
        return Range(name=name, low=low, high=high, log=log, integer=integer, needs=place.needs, path=place.path)

    def _nested_choice(self, written: dict[str, Any], place: _Place, valid: tuple[str, ...]) -> Choice:
        self._check_keys(written, place, "choice", valid)
        return self._choice(written[CHOICES], place, (*place.path, CHOICES))

    def _choice(self, written: Any, place: _Place, path: tuple[Any, ...]) -> Choice:
        words = "must be a list of at least two choices, or a mapping to them from labels"
        too_few = f"{place.name} = {written!r}: {words}; a fixed value belongs in base"
        if not isinstance(written, dict | list) or not written:
            raise self._source.error(too_few, *path)
        name = self._fresh(place.name)
        items = written.items() if isinstance(written, dict) else enumerate(written)
        options: dict[Label, Any] = {}
        values: list[Any] = []
        for key, value in items:
            label = key if isinstance(written, dict) else _label(value)
            if label is None or label in options or value in values:
                raise self._source.error(f"{place.name}: choice {label!r} stands there twice, or is null", *path, key)
            values.append(value)
            needs = {**place.needs, name: label}
            of_option = _Place(path=(*path, key), name=f"{place.name}.{label}", kind=place.kind, needs=needs)
            options[label] = self._template(value, of_option)
        if len(options) < 2 and not any(next(holes(option), None) for option in options.values()):
            raise self._source.error(too_few, *path)
        return Choice(name=name, options=options, needs=place.needs, path=path)

    def _check_keys(self, written: Iterable[Any], place: _Place, what: str, valid: tuple[str, ...]) -> None:
        for key in written:
            if key not in valid:
                raise self._source.error(str(unknown_name(f"key of a {what}", key, valid)), *place.path, key)

    def _fresh(self, name: str) -> str:
        """Return the name, with a number behind it where it is taken."""
        number, fresh = 1, name
        while fresh in self._names:
            number += 1
            fresh = f"{name}.{number}"
        self._names.add(fresh)
        return fresh


def _moved(place: _Place, path: tuple[Any, ...]) -> _Place:
    return _Place(path=path, name=place.name, kind=place.kind, component=place.component, needs=place.needs)


def _inside(place: _Place, key: Any) -> _Place:
    """Return the place of a key: a parameter of the component that stands here, or a component."""
    kind: type | None = None
    component: type | None = None
    if place.component is not None:
        hints = typing.get_type_hints(place.component)
        kind = value_type(hints[key])[0] if key in hints else None
    elif key in AUGMENTATIONS:
        component = AUGMENTATIONS.component(key)
    elif key in SSL_METHODS:
        component = SSL_METHODS.component(key)
    path, name = (*place.path, key), f"{place.name}.{key}"
    return _Place(path=path, name=name, kind=kind, component=component, needs=place.needs)


def _label(value: Any) -> Label:
    """Return the label of a choice that was given none: that of its value, without what is searched for inside."""
    return label_of(_without_searched(value))


def _without_searched(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_searched(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(inner, dict):
            fixed = {key: item for key, item in inner.items() if not _is_searched(item)}
            return {name: fixed} if fixed else name
    return value


def _is_searched(value: Any) -> bool:
    return isinstance(value, dict) and (RANGE in value or CHOICES in value)
