"""The profiles of a sweep file: the same question with other settings and levels, such as a small version of it."""

import itertools
import re
from typing import Any

from ncvq_core.config import field_names
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.factors import Factors
from orchestrator.sweepfile.sweep import Factor, SweepError
from orchestrator.sweepfile.yaml_lines import Source

_NAME = re.compile(r"(?![0-9a-f]{8}$)[A-Za-z][A-Za-z0-9_]*")
"""A word; eight hexadecimal digits are what the store calls an earlier design."""

BUDGET = "budget"
"""What a profile can say of a search beside settings."""


def check_profiles(source: Source) -> None:
    """Check that each profile is a mapping from settings.

    Raises:
        SweepError: it is not; other mistakes are found where the profile is applied.
    """
    for name, values in source.data.get("profiles", {}).items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            words = "the name of a profile must be a word of letters, digits and _, such as small"
            raise source.error(f"{name!r}: {words}", "profiles", name)
        if not isinstance(values, dict) or not values:
            words = "must be a mapping from settings and factors to the values that they have in it"
            raise source.error(f"profile {name} = {values!r}: {words}", "profiles", name)
        for key in values:
            valid = [*field_names(), *([BUDGET] if "search" in source.data else [])]
            if key not in valid:
                raise source.error(str(unknown_name("setting", key, valid)), "profiles", name, key)


def profile_names(source: Source) -> tuple[str, ...]:
    """Return the profiles of a file, in its order."""
    return tuple(source.data.get("profiles", {}))


def with_profile(source: Source, factors: Factors, name: str) -> Source:
    """Return a sweep file with the levels and values of a profile instead of its own.

    Raises:
        SweepError: there is no such profile; those that there are are listed.
    """
    valid = profile_names(source)
    if name not in valid:
        message = (
            str(unknown_name("profile", name, valid)) if valid else f"unknown profile {name!r}: the sweep has none"
        )
        raise SweepError(f"--profile {name}: {message}")
    for key in source.data["profiles"][name]:
        section = "search" if key == BUDGET else "factors" if key in factors else "base"
        source = source.with_values_of(("profiles", name), section, key, f"profile {name}")
    return source


def with_seeds(source: Source, count: int) -> Source:
    """Return a sweep file with so many seeds: the first of those that it has, then the smallest that it lacks."""
    written: Any = source.data.get("factors", {}).get("seed", [source.data.get("base", {}).get("seed", 0)])
    levels = list(written.items()) if isinstance(written, dict) else [(value, value) for value in written]
    taken = [part for level in levels for part in level]
    fresh = (seed for seed in itertools.count() if seed not in taken)
    more = [(seed, seed) for seed in itertools.islice(fresh, max(0, count - len(levels)))]
    kept = [*levels[:count], *more]
    seeds = dict(kept) if isinstance(written, dict) else [value for _, value in kept]
    return source.without("base", "seed").with_override("factors", "seed", seeds, "--seeds")


def all_levels(first: Factors, second: Factors) -> Factors:
    """Return the factors with the levels of both: what other sections may speak of."""
    merged = dict(first)
    for name, factor in second.items():
        known = first[name].levels if name in first else ()
        new = tuple(level for level in factor.levels if level.label not in {old.label for old in known})
        merged[name] = Factor(name=name, levels=(*known, *new))
    return merged
