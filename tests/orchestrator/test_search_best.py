"""The best suggestion: which it is, as a sweep file, and what is left of it with seeds that it was not chosen by."""

import math
from pathlib import Path

import pytest

from ncvq_core.config import TrialConfig
from ncvq_core.errors import ConfigError
from orchestrator.cli.confirm import _told
from orchestrator.search.best import chosen, median, settings_of
from orchestrator.search.confirmation import Confirmed, confirm
from orchestrator.store import Store
from orchestrator.store.search_results import Result, State, front
from orchestrator.store.searches import Suggestion
from orchestrator.sweepfile.objectives import Objective
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.search_stores import ONE, TWO, keep, make_search, results_of, search_of, suggest, write_search
from tests.orchestrator.test_cli import ncvq, refusal

OBJECTIVES = (
    Objective(metric="val_loss", direction="minimize"),
    Objective(metric="probe_svm", direction="maximize"),
)


def result(number: int, *values: float, ids: tuple[str, ...] | None = None) -> Result:
    suggestion = Suggestion(number=number, drawn={}, trial_ids=ids or (str(number),), drawn_at="")
    return Result(suggestion=suggestion, state=State.DONE if values else State.OPEN, values=values)


def numbers(results: tuple[Result, ...]) -> list[int]:
    return [each.suggestion.number for each in results]


def test_the_front_is_what_nothing_dominates() -> None:
    results = [result(0, 1.0, 0.5), result(1, 2.0, 0.9), result(2, 2.0, 0.4), result(3, 1.0, 0.4), result(4)]
    assert numbers(front(OBJECTIVES, results)) == [0, 1]
    assert numbers(front(OBJECTIVES[:1], [result(0, 2.0), result(1, 1.0), result(2, 3.0)])) == [1]
    assert numbers(front(OBJECTIVES[1:], [result(0, 0.2), result(1, 0.1)])) == [0]
    same = ("a", "b")
    assert numbers(front(OBJECTIVES[:1], [result(3, 1.0, ids=same), result(5, 1.0, ids=same)])) == [3]


def searched(folder: Path, objectives: str) -> Store:
    """A store with a search of six suggestions, all done."""
    store = Store(folder / "store", create=True)
    for cells in suggest(store, search_of(make_search(folder, objectives=objectives)), 6):
        for cell in cells:
            keep(store, cell)
    return store


def test_of_several_best_one_must_be_named(tmp_path: Path) -> None:
    store, search = searched(tmp_path, TWO), search_of(make_search(tmp_path, objectives=TWO))
    results = results_of(store, search)
    best = front(search.objectives, results)
    assert len(best) > 1
    with pytest.raises(ConfigError, match=rf"^{len(best)} suggestions are the best, name one with --suggestion: "):
        chosen(search, results, None)
    assert chosen(search, results, best[1].suggestion.number) == best[1]
    with pytest.raises(ConfigError, match="--suggestion 77: there is none"):
        chosen(search, results, 77)
    with pytest.raises(ConfigError, match="launch the search first"):
        chosen(search, (), None)


def test_the_best_is_confirmed_with_fresh_seeds(tmp_path: Path) -> None:
    store, search = searched(tmp_path, ONE), search_of(make_search(tmp_path))
    best = chosen(search, results_of(store, search), None)
    out, file = tmp_path / "best.yaml", write_search(tmp_path)
    told = ncvq("confirm", file, "--store", store.path, "--out", out, "--fresh", "3")
    assert told.exit_code == 0, told.output
    assert f"run it with: ncvq launch {out} --store {store.path}; then confirm again" in told.stdout
    sweep = load_sweep(out)
    other = median(search, results_of(store, search), best)
    wanted = [{**settings_of(search, each), "seed": seed} for each in (best, other) for seed in (2, 3, 4)]
    assert {cell.config.trial_id for cell in sweep.cells} == {TrialConfig.from_dict(each).trial_id for each in wanted}
    for cell in sweep.cells:
        keep(store, cell, slope=cell.config.stage1.channels / 10)
    (found,) = confirm(search, best, other, store, 3) or ()
    assert found.when_chosen == other.values[0] - best.values[0]
    channels = [settings_of(search, each)["channels"] for each in (best, other)]
    left = found.when_chosen + 3 * (channels[1] - channels[0]) / 10
    assert found.fresh == pytest.approx(left)
    told = ncvq("confirm", file, "--store", store.path, "--fresh", "3")
    assert f"better than the other by {found.when_chosen:.4g} when it was chosen, by {found.fresh:.4g} [" in told.stdout


def test_what_is_left_of_a_lead_is_said_in_words() -> None:
    few = Confirmed(objective=OBJECTIVES[0], when_chosen=0.5, fresh=0.75, low=math.nan, high=math.nan, seeds=1)
    assert _told(few).endswith("by 0.75 with 1 fresh seed: its lead looked smaller by 0.25")
    more = Confirmed(objective=OBJECTIVES[0], when_chosen=0.5, fresh=0.25, low=0.125, high=0.375, seeds=4)
    assert _told(more).endswith("by 0.25 [0.125, 0.375] with 4 fresh seeds: its lead looked larger by 0.25")


def test_a_file_that_says_something_else_is_left_alone(tmp_path: Path) -> None:
    store, file = searched(tmp_path, ONE), write_search(tmp_path)
    before, out = file.read_bytes(), tmp_path / "best.yaml"
    assert f"{file} is there already" in refusal("confirm", file, "--store", store.path, "--out", file)
    assert file.read_bytes() == before
    for _ in range(2):  # the same text again is no loss
        assert ncvq("confirm", file, "--store", store.path, "--out", out).exit_code == 0
    assert "name another file with --out" in refusal(
        "confirm", file, "--store", store.path, "--out", out, "--fresh", "5"
    )


def test_a_grid_has_nothing_to_confirm(tmp_path: Path) -> None:
    Store(tmp_path / "store", create=True)
    assert "quickstart is no search" in refusal("confirm", "quickstart", "--store", tmp_path / "store")
