"""What a sweep file believes: which level of a factor suits which datasets, for the report to test."""

from typing import Any

from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.factors import Factors, find_label, unknown_factor
from orchestrator.sweepfile.sweep import Belief, Label
from orchestrator.sweepfile.yaml_lines import Source

_LEVELS = 2


def read_belief(source: Source, factors: Factors) -> Belief:
    """Return the beliefs: for a factor two levels, each with the datasets that it is thought to suit.

    Args:
        source: the sweep file.
        factors: its factors, as they are in the file: a profile or `--set` may leave datasets out that it speaks of.

    Raises:
        SweepError: an unknown factor, level or dataset, or not two levels with datasets of their own.
    """
    written: dict[str, Any] = source.data.get("belief", {})
    return {name: _read_sides(source, factors, name, sides) for name, sides in written.items()}


def _read_sides(source: Source, factors: Factors, name: str, sides: Any) -> dict[Label, tuple[Label, ...]]:
    comparable = [factor for factor in factors if factor not in ("dataset", "seed")]
    if name not in comparable:
        raise source.error(str(unknown_name("factor of a belief", name, comparable)), "belief", name)
    if "dataset" not in factors:
        raise unknown_factor(source, factors, "dataset", "belief", name)
    if not isinstance(sides, dict) or len(sides) != _LEVELS:
        words = "must be a mapping from two of its levels to the datasets that each suits"
        raise source.error(f"belief of {name} = {sides!r}: {words}", "belief", name)
    found: dict[Label, tuple[Label, ...]] = {}
    for written, datasets in sides.items():
        path = ("belief", name, written)
        level = find_label(source, factors, name, written, *path)
        if not isinstance(datasets, list) or not datasets:
            raise source.error(f"{written} = {datasets!r}: must be a list of datasets", *path)
        labels = [
            find_label(source, factors, "dataset", dataset, *path, place) for place, dataset in enumerate(datasets)
        ]
        seen = [label for others in found.values() for label in others]
        for place, label in enumerate(labels):
            if label in seen:
                raise source.error(f"dataset {label} stands there twice", *path, place)
            seen.append(label)
        found[level] = tuple(labels)
    return found
