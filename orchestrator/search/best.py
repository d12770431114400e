"""The best suggestions of a search, and one of them as a sweep file for seeds that it was not chosen by."""

import io
import itertools
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from ncvq_core.errors import ConfigError
from orchestrator.store.search_results import Result, State, front
from orchestrator.sweepfile.search import SEED, Search
from orchestrator.sweepfile.sweep import Label


def chosen(search: Search, results: Sequence[Result], number: int | None) -> Result:
    """Return the suggestion of a number, or else the best one.

    Raises:
        ConfigError: there is none with values, or several are the best and none is named.
    """
    best = front(search.objectives, results)
    if not best:
        raise ConfigError("no suggestion has a value of each objective yet: launch the search first")
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


def fresh_seeds(search: Search, count: int) -> list[int]:
    """Return the smallest seeds that the search did not use."""
    used: set[Any] = {level.value for level in search.seeds.levels} if search.seeds else {search.base.get(SEED, 0)}
    return list(itertools.islice((seed for seed in itertools.count() if seed not in used), count))


def sweep_text(name: str, search: Search, result: Result, seeds: int) -> str:
    """Return a sweep file with the settings of a suggestion and so many fresh seeds.

    Args:
        name: of the sweep that searched.
        search: its search.
        result: the suggestion.
        seeds: how many.
    """
    values = search.compose(lambda hole: result.suggestion.drawn[hole.name]).values
    base = {key: value for key, value in {**search.base, **values}.items() if key != SEED}
    what = f"Suggestion {result.suggestion.number} of {name} (study {search.study_id})"
    document = {
        "description": f"{what}, with seeds that it was not chosen by.",
        "base": base,
        "factors": {SEED: fresh_seeds(search, seeds)},
    }
    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(document, stream)
    return stream.getvalue()


def picks_text(drawn: dict[str, Label]) -> str:
    """Return what was drawn in words, such as `ssl=vibcreg aug_recon_weight=0.12`."""
    return " ".join(f"{name}={value}" for name, value in drawn.items())
