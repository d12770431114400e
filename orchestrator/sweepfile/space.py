"""What a search varies: ranges and choices wherever they stand in settings, and the values that picks of them give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ncvq_core.config.tokenizer import NO_SSL, SSL_SETTINGS

if TYPE_CHECKING:
    from orchestrator.sweepfile.sweep import Label

METHOD = "ssl"
"""The setting without which others have no effect."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number that is searched for."""

    name: str
    """The setting, or what leads to it, with dots: `augmentations.warp.window_warp.window_fraction`."""
    low: float
    """The smallest value."""
    high: float
    """The largest value."""
    log: bool = False
    """Drawn evenly on a logarithmic scale."""
    integer: bool = False
    """Whether only whole numbers are valid."""
    needs: Mapping[str, Label] = field(default_factory=dict)
    """The options of other choices without which it is not asked for, by the name of the choice."""
    path: tuple[Any, ...] = ()
    """Where it stands in the sweep file."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of several values."""

    name: str
    """As of a range."""
    options: Mapping[Label, Any]
    """Templates by label: values in which further ranges and choices may stand."""
    needs: Mapping[str, Label] = field(default_factory=dict)
    """As of a range."""
    path: tuple[Any, ...] = ()
    """Where it stands in the sweep file."""


Pick = Callable[[Range | Choice], Any]
"""Gives the number of a range, or the label of a choice."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A setting that the search varies."""

    setting: str
    """Its name."""
    template: Any
    """A range or a choice."""
    only_if: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)
    """Labels of other choices, of which one has to be picked each; else the setting has its default."""


@dataclass(frozen=True, kw_only=True)
class Composed:
    """What some picks give."""

    values: dict[str, Any]
    """Of settings."""
    picked: dict[str, Any]
    """The picks that were asked for, by name: the number of a range, the label of a choice."""


def compose(parameters: tuple[Parameter, ...], base: Mapping[str, Any], pick: Pick) -> Composed:
    """Ask for the picks that have an effect, in order, and put them in their places.

    A range inside an option is asked for where the option is picked; the settings of the augmented view are not
    without an SSL method.
    """
    made = Composed(values={}, picked={})
    for parameter in parameters:
        ssl = made.values.get(METHOD, base.get(METHOD, NO_SSL))
        idle = ssl == NO_SSL and parameter.setting in SSL_SETTINGS
        wanted = all(made.picked.get(name) in labels for name, labels in parameter.only_if.items())
        if wanted and not idle:
            made.values[parameter.setting] = _filled(parameter.template, pick, made.picked)
    return made


def holes(template: Any) -> Iterator[Range | Choice]:
    """Yield each range and choice of a template, those of the options of a choice after it."""
    if isinstance(template, Range | Choice):
        yield template
    inside = template.options if isinstance(template, Choice) else template
    for value in inside.values() if isinstance(inside, Mapping) else inside if isinstance(inside, list) else ():
        yield from holes(value)


def _filled(template: Any, pick: Pick, picked: dict[str, Any]) -> Any:
    if isinstance(template, Range):
        picked[template.name] = pick(template)
        return picked[template.name]
    if isinstance(template, Choice):
        picked[template.name] = pick(template)
        return _filled(template.options[picked[template.name]], pick, picked)
    if isinstance(template, Mapping):
        return {key: _filled(value, pick, picked) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, pick, picked) for value in template]
    return template
