"""Frozen settings: dataclass fields that know their range, and are checked where they are stored."""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

from ncvq_core.errors import ConfigError

_NOUNS: dict[type, str] = {int: "an integer", float: "a number", str: "text", bool: "true or false"}


class _Field(NamedTuple):
    """What a settings class says of one of its fields."""

    name: str
    kind: type
    """Its plain type."""
    optional: bool
    """Whether None is allowed."""
    default: Any
    metadata: Mapping[str, Any]
    """As `setting` gave it; empty where the field was not declared with it."""


@functools.cache
def _fields(settings_class: Any) -> dict[str, _Field]:
    hints = typing.get_type_hints(settings_class)
    return {
        field.name: _Field(field.name, *value_type(hints[field.name]), field.default, field.metadata)
        for field in dataclasses.fields(settings_class)
    }


def setting(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare a field of a settings dataclass.

    Args:
        default: its default; a field without one is required.
        help: one line of documentation, with the unit.
        minimum: smallest allowed value.
        maximum: largest allowed value.
        above: exclusive lower bound.
        choices: the only allowed values.
    """
    metadata = {"help": help, "minimum": minimum, "maximum": maximum, "above": above, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def validate(settings: Any) -> None:
    """Check type and range of each field declared with `setting`; call it from `__post_init__`.

    A field that has its default is not looked at.

    Raises:
        ConfigError: `field = value: must be …`, with the allowed range.
    """
    settings_class: Any = type(settings)
    for field in _fields(settings_class).values():
        value = getattr(settings, field.name)
        if value is not field.default and field.metadata:
            _check(field.name, value, field)


def check_value(settings_class: type, name: str, value: Any, prefix: str = "") -> None:
    """Check one value as the field `name` of a settings class would; `prefix` goes before the name in messages.

    Raises:
        ConfigError: as `validate`.
    """
    _check(prefix + name, value, _fields(settings_class)[name])


def written_fields(settings: Any, *, keep_defaults: bool) -> dict[str, Any]:
    """Return the fields of a settings dataclass as plain values, whole floats as floats (1 and 1.0 are one value)."""
    settings_class: Any = type(settings)
    written = {}
    for field in _fields(settings_class).values():
        value = getattr(settings, field.name)
        if keep_defaults or (value is not field.default and value != field.default):
            written[field.name] = float(value) if value is not None and field.kind is float else value
    return written


def describe_range(kind: type, metadata: Mapping[str, Any]) -> str:
    """Say in words which values a field takes, for example `an integer ≥ 1`."""
    if metadata["choices"]:
        return "one of " + ", ".join(metadata["choices"])
    words = [_NOUNS[kind]]
    bounds = (("≥", metadata["minimum"]), (">", metadata["above"]), ("≤", metadata["maximum"]))
    words += [f"{sign} {bound:g}" for sign, bound in bounds if bound is not None]
    return " ".join(words[:2]) + "".join(f" and {word}" for word in words[2:])


def value_type(hint: Any) -> tuple[type, bool]:
    """Return the plain type of an annotation and whether None is allowed too."""
    if isinstance(hint, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        return members[0], type(None) in typing.get_args(hint)
    return hint, False


def _check(name: str, value: Any, field: _Field) -> None:
    if value is None and field.optional:
        return
    accepted: tuple[type, ...] = (int, float) if field.kind is float else (field.kind,)
    right_type = isinstance(value, accepted) and (field.kind is bool or not isinstance(value, bool))
    if not right_type or not _in_range(value, field.metadata):
        raise ConfigError(f"{name} = {value!r}: must be {describe_range(field.kind, field.metadata)}", name)


def _in_range(value: Any, metadata: Mapping[str, Any]) -> bool:
    if metadata["choices"] and value not in metadata["choices"]:
        return False
    if isinstance(value, str | bool):
        return True
    if not math.isfinite(value):
        return False
    minimum, maximum, above = metadata["minimum"], metadata["maximum"], metadata["above"]
    return (
        (minimum is None or value >= minimum)
        and (maximum is None or value <= maximum)
        and (above is None or value > above)
    )
