"""Under which picks a setting of a search is varied at all."""

from collections.abc import Mapping
from typing import Any

from ncvq_core.config.tokenizer import NO_SSL, SSL_SETTINGS
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.factors import label_of
from orchestrator.sweepfile.space import METHOD, Choice, Parameter, holes
from orchestrator.sweepfile.sweep import Label
from orchestrator.sweepfile.templates import CONDITION
from orchestrator.sweepfile.yaml_lines import Source


def read_condition(
    source: Source, written: Any, before: list[Parameter], path: tuple[Any, ...]
) -> dict[str, tuple[Label, ...]]:
    """Read under which picks a setting is varied at all."""
    if not isinstance(written, dict) or CONDITION not in written:
        return {}
    choices = {hole.name: hole for each in before for hole in holes(each.template) if isinstance(hole, Choice)}
    condition = written[CONDITION]
    if not isinstance(condition, dict) or not condition:
        raise source.error(f"if = {condition!r}: must map a choice above to some of its labels", *path, CONDITION)
    read: dict[str, tuple[Label, ...]] = {}
    for name, labels in condition.items():
        if name not in choices:
            raise source.error(str(unknown_name("choice above this one", name, choices)), *path, CONDITION, name)
        wanted = [label_of(label) for label in (labels if isinstance(labels, list) else [labels])]
        if not wanted:
            words = f"{name} = []: name at least one of {', '.join(map(str, choices[name].options))}"
            raise source.error(words, *path, CONDITION, name)
        for label in wanted:
            if label not in choices[name].options:
                valid = [str(each) for each in choices[name].options]
                raise source.error(str(unknown_name(f"choice of {name}", label, valid)), *path, CONDITION, name)
        read[name] = tuple(wanted)
    return read


def of_method(setting: str, before: list[Parameter]) -> dict[str, Label]:
    """Return the pick without which a setting of the augmented view has no effect: the first SSL method."""
    for parameter in before:
        template = parameter.template
        if setting in SSL_SETTINGS and parameter.setting == METHOD and isinstance(template, Choice):
            return {METHOD: next(label for label, value in template.options.items() if value != NO_SSL)}
    return {}


def of_condition(only_if: Mapping[str, tuple[Label, ...]], before: list[Parameter]) -> dict[str, Label]:
    """Return picks under which a condition holds."""
    needs: dict[str, Label] = {}
    for hole in (hole for each in before for hole in holes(each.template)):
        if hole.name in only_if:
            needs |= {**hole.needs, hole.name: only_if[hole.name][0]}
    return needs
