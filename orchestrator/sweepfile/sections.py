"""The sections of a sweep file, each checked against the settings and the factors."""

from dataclasses import dataclass
from typing import Any

from ncvq_core.config import field_names
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.factors import Factors, find_label, unknown_factor
from orchestrator.sweepfile.sweep import Label
from orchestrator.sweepfile.yaml_lines import Source

_SECTIONS: dict[str, tuple[type, str]] = {
    "description": (str, "text"),
    "base": (dict, "a mapping from settings to values"),
    "factors": (dict, "a mapping from settings to levels"),
    "baseline": (dict, "a mapping from factors to levels"),
    "answers": (list, "a list of metrics"),
    "margins": (dict, "a mapping from metrics to margins"),
    "belief": (dict, "a mapping from a factor to two of its levels, each with datasets"),
    "search": (dict, "a mapping with parameters, minimize or maximize, and budget"),
    "profiles": (dict, "a mapping from names to settings and factors with other values"),
    "plugins": (list, "a list of Python files, relative to this one"),
    "zip": (list, "a list of lists of factors"),
    "exclude": (list, "a list of mappings from factors to levels"),
    "where": (list, "a list of mappings from factors to levels"),
}

Selector = dict[str, list[Label]]


@dataclass(frozen=True, kw_only=True)
class Design:
    """A sweep file's content: which cells of which grid."""

    base: dict[str, Any]
    factors: Factors
    known: Factors
    """The factors before overrides, whose labels an override may name."""
    baseline: dict[str, Label]
    zips: list[list[str]]
    where: list[Selector]
    exclude: list[Selector]


def check_sections(source: Source) -> None:
    """Check that a sweep file has the right sections, each of the right kind.

    Raises:
        SweepError: it does not.
    """
    if source.data is None:
        raise source.error("the file is empty: give at least a description and base")
    if not isinstance(source.data, dict):
        raise source.error(f"must be a mapping with the keys {', '.join(_SECTIONS)}")
    for key, value in source.data.items():
        if key not in _SECTIONS:
            raise source.error(str(unknown_name("key", key, _SECTIONS)), key)
        kind, words = _SECTIONS[key]
        if not isinstance(value, kind):
            raise source.error(f"{key} = {value!r}: must be {words}", key)
    if not source.data.get("description", "").strip():
        raise source.error("description is missing: say in a line what the sweep asks", "description")


def read_design(source: Source, factors: Factors, known: Factors) -> Design:
    """Read what stands beside the factors.

    Args:
        source: the sweep file, with its overrides.
        factors: its factors.
        known: the factors before overrides; the file may still speak of their levels.

    Raises:
        SweepError: an unknown name, or sections that contradict each other.
    """
    baseline = {}
    for name, written in source.data.get("baseline", {}).items():
        label = find_label(source, known, name, written, "baseline", name)
        if any(level.label == label for level in factors[name].levels):
            baseline[name] = label
    return Design(
        base=_read_base(source, factors),
        factors=factors,
        known=known,
        baseline=baseline,
        zips=_read_zips(source, factors),
        where=_read_selectors(source, known, "where"),
        exclude=_read_selectors(source, known, "exclude"),
    )


def _read_base(source: Source, factors: Factors) -> dict[str, Any]:
    base: dict[str, Any] = source.data.get("base", {})
    for name in base:
        if name not in field_names():
            raise source.error(str(unknown_name("setting", name, field_names())), "base", name)
        if name in factors:
            raise source.error(f"{name} is a factor too: remove it from base, or from factors", "base", name)
    return base


def _read_zips(source: Source, factors: Factors) -> list[list[str]]:
    zips: list[list[str]] = source.data.get("zip", [])
    seen: set[str] = set()
    for index, names in enumerate(zips):
        if not isinstance(names, list) or len(names) < 2:
            raise source.error(f"{names!r}: must be a list of at least two factors", "zip", index)
        for position, name in enumerate(names):
            if not isinstance(name, str) or name not in factors:
                raise unknown_factor(source, factors, name, "zip", index, position)
            if name in seen:
                raise source.error(f"factor {name} is zipped twice", "zip", index, position)
            seen.add(name)
        counts = {name: len(factors[name].levels) for name in names}
        if len(set(counts.values())) > 1:
            words = ", ".join(f"{name} has {count}" for name, count in counts.items())
            raise source.error(f"zipped factors need equal numbers of levels: {words}", "zip", index)
    return zips


def _read_selectors(source: Source, factors: Factors, section: str) -> list[Selector]:
    selectors = []
    for index, entry in enumerate(source.data.get(section, [])):
        if not isinstance(entry, dict) or not entry:
            raise source.error(f"{entry!r}: must be a mapping from factors to levels", section, index)
        selectors.append({name: _read_labels(source, factors, name, entry, section, index) for name in entry})
    return selectors


def _read_labels(
    source: Source, factors: Factors, name: str, entry: dict[str, Any], section: str, index: int
) -> list[Label]:
    written = entry[name]
    if not isinstance(written, list):
        return [find_label(source, factors, name, written, section, index, name)]
    if not written:
        raise source.error(f"{name} = []: must be a level or a list of levels", section, index, name)
    return [
        find_label(source, factors, name, label, section, index, name, position)
        for position, label in enumerate(written)
    ]
