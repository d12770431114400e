"""The best suggestions of a search, and one of them as a sweep file for seeds that it was not chosen by."""

import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ncvq_core.errors import ConfigError
from orchestrator.store.search_results import Result, State, front
from orchestrator.sweepfile.search import SEED, Search
from orchestrator.sweepfile.sweep import Label

BEST, OTHER = "best", "other"
"""Labels of the two suggestions of a confirmation."""


def chosen(search: Search, results: Sequence[Result], number: int | None) -> Result:
    """Return the suggestion of a number, or else the best one.

    Raises:
        ConfigError: there is none with values, or several are the best and none is named.
    """
    best = front(search.objectives, results)
    if not best:
        raise ConfigError(
            "no suggestion has a value of each objective: launch the search first, or see `ncvq status` why"
        )
    if number is None and len(best) == 1:
        return best[0]
    named = {result.suggestion.number: result for result in results if result.state == State.DONE}
    if number in named:
        return named[number]
    listed = "; ".join(f"{result.suggestion.number}: {values_text(search, result)}" for result in best)
    if number is None:
        raise ConfigError(f"{len(best)} suggestions are the best, name one with --suggestion: {listed}")
    raise ConfigError(f"--suggestion {number}: there is none of that number with values; the best are {listed}")


def values_text(search: Search, result: Result) -> str:
    """Return the values of a result, such as `val_loss 0.1234, probe_svm 0.9`."""
    pairs = zip(search.objectives, result.values, strict=True)
    return ", ".join(f"{objective.metric} {value:.4g}" for objective, value in pairs)


def median(search: Search, results: Sequence[Result], best: Result) -> Result:
    """Return the suggestion in the middle by the first objective, which a best one is compared with.

    Raises:
        ConfigError: there is none beside the best one.
    """
    others = [
        result
        for result in results
        if result.state == State.DONE and result.suggestion.trial_ids != best.suggestion.trial_ids
    ]
    if not others:
        raise ConfigError("there is no other suggestion with values to compare the best one with: launch the search")
    ordered = sorted(others, key=lambda result: (result.values[0], result.suggestion.number))
    return ordered[len(ordered) // 2]


def fresh_seeds(search: Search, count: int) -> list[int]:
    """Return the smallest seeds that the search did not use."""
    used: set[Any] = {level.value for level in search.seeds.levels} if search.seeds else {search.base.get(SEED, 0)}
    return list(itertools.islice((seed for seed in itertools.count() if seed not in used), count))


def settings_of(search: Search, result: Result) -> dict[str, Any]:
    """Return all settings of a suggestion but the seed, as a sweep file has them."""
    written = search.cells_of(result.suggestion.drawn, result.suggestion.number)[0].config.to_dict()
    return {key: value for key, value in written.items() if key != SEED}


def sweep_text(name: str, search: Search, best: Result, other: Result, seeds: int) -> str:
    """Return a sweep file with two suggestions and so many fresh seeds.

    Args:
        name: of the sweep that searched.
        search: its search.
        best: the suggestion to confirm.
        other: the one that it is compared with.
        seeds: how many.
    """
    settings = {BEST: settings_of(search, best), OTHER: settings_of(search, other)}
    shared = {key: value for key, value in settings[BEST].items() if settings[OTHER].get(key) == value}
    differing = [key for key in {**settings[BEST], **settings[OTHER]} if key not in shared]
    factors: dict[str, Any] = {key: {label: values.get(key) for label, values in settings.items()} for key in differing}
    numbers = f"{best.suggestion.number} (best) and {other.suggestion.number} (other)"
    document: dict[str, Any] = {
        "description": f"Suggestions {numbers} of {name}, study {search.study_id}, with fresh seeds.",
        "base": shared,
        "factors": factors | {SEED: fresh_seeds(search, seeds)},
        **({"zip": [differing]} if len(differing) > 1 else {}),
        "baseline": dict.fromkeys(differing, OTHER),
    }
    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(document, stream)
    return stream.getvalue()


def check_unwritten(file: Path, text: str) -> None:
    """Check that a sweep file can be written without loss: there is none, or it has the same text.

    Raises:
        ConfigError: another file is there, such as the search itself, or a confirmation of another suggestion.
    """
    if file.is_file() and file.read_bytes() != text.encode():
        raise ConfigError(
            f"{file} is there already and says something else: name another file with --out, or remove it"
        )


def picks_text(drawn: dict[str, Label]) -> str:
    """Return what was drawn in words, such as `ssl=vibcreg aug_recon_weight=0.12`."""
    return " ".join(f"{name}={value}" for name, value in drawn.items())
