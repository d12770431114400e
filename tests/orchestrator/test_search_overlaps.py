"""Ranges of parameters that exclude each other: they may overlap, and what does not fit together costs nothing."""

from pathlib import Path

import pytest

from orchestrator.search.study import draw
from orchestrator.search.suggested import search_state
from orchestrator.store import Store
from orchestrator.store.search_results import Result, State, read_results
from orchestrator.store.searches import Suggestion, numbers_in_all
from orchestrator.sweepfile.sweep import SweepError
from tests.orchestrator.test_search_section import BASE, searched


def overlapping(low: str, high: str) -> str:
    """Two parameters that exclude each other where the first is larger."""
    view = f"[window_warp: {{minimum_scale: {{range: {low}}}, maximum_scale: {{range: {high}}}}}]"
    return (
        f"description: a test\nbase: {{{BASE}, ssl: barlowtwins}}\n"
        f"search: {{minimize: val_loss, budget: 9, sampler: random, parameters: {{augmentations: {{warp: {view}}}}}}}\n"
    )


@pytest.mark.parametrize(("low", "high"), [("[0.3, 1.2]", "[0.8, 2.0]"), ("[0.5, 1.5]", "[0.5, 1.5]")])
def test_ranges_that_exclude_each_other_may_overlap(low: str, high: str, tmp_path: Path) -> None:
    """And what is drawn of them that does not fit together has no part in the budget."""
    search, store = searched(tmp_path, overlapping(low, high)), Store(tmp_path / "store", create=True)
    suggestions: list[Suggestion] = []
    for number in range(200):
        if number not in range(numbers_in_all(suggestions, search.budget)):
            break
        results = tuple(Result(suggestion=each, state=State.INVALID) for each in suggestions)
        suggestions.append(draw(search, results, number).suggestion)
    assert sum(bool(each.trial_ids) for each in suggestions) == search.budget
    assert len(suggestions) > search.budget
    for each in suggestions:
        smallest, largest = (
            each.drawn[f"augmentations.warp.window_warp.{name}_scale"] for name in ("minimum", "maximum")
        )
        assert bool(each.trial_ids) == (smallest <= largest)
    state = search_state(search, read_results(store, search.objectives, suggestions))
    assert (state.suggested, state.open, state.without_value) == (search.budget, search.budget, 0)


def test_an_end_that_goes_with_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match=r"minimum_scale = 3: must be ≤ maximum_scale"):
        searched(tmp_path, overlapping("[0.5, 3.0]", "[0.8, 2.0]"))
