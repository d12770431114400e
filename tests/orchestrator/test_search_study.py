"""Suggestions follow from the search, their number and the results in the store: a kill loses and repeats none."""

import json
import random
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from orchestrator.launching.rows import config_columns
from orchestrator.search.journal import journal_text
from orchestrator.search.study import draw
from orchestrator.search.suggested import search_state, suggested
from orchestrator.store import Store
from orchestrator.store.search_results import State
from orchestrator.store.searches import Suggestion, read_suggestions, suggestion_files, write_journal, write_suggestion
from orchestrator.sweepfile.deciders import POPULATION, SAMPLERS
from tests.orchestrator.search_stores import (
    ONE,
    TWO,
    drawn_in,
    keep,
    make_search,
    results_of,
    search_of,
    steps,
    suggest,
)


def store_at(path: Path) -> Store:
    return Store(path, create=True)


OBJECTIVES = {"nsga2": TWO}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_killed_anywhere_it_is_the_same_study(sampler: str, tmp_path: Path) -> None:
    budget = POPULATION + 4 if sampler == "nsga2" else 13
    sweep = make_search(tmp_path, sampler=sampler, objectives=OBJECTIVES.get(sampler, ONE), budget=budget)
    whole, killed = store_at(tmp_path / "whole"), store_at(tmp_path / "killed")
    for _ in steps(whole, sweep):
        pass
    rng = random.Random(0)
    running = True
    while running:  # each time around is a process that knows nothing of the one before
        going = steps(killed, sweep)
        running = all(next(going, StopIteration) is None for _ in range(rng.randint(1, 5)))
    expected = drawn_in(whole, search_of(sweep))
    assert len(expected) == budget
    assert drawn_in(killed, search_of(sweep)) == expected
    assert {result.state for result in results_of(killed, search_of(sweep))} == {State.DONE}


def test_numbers_are_short_and_inside_their_ranges(tmp_path: Path) -> None:
    search, store = search_of(make_search(tmp_path, sampler="random", budget=20)), store_at(tmp_path / "store")
    suggest(store, search, 20)
    for drawn in drawn_in(store, search):
        assert ("aug_recon_weight" in drawn) == (drawn["ssl"] != "none")
        assert ("ssl_weight" in drawn) == (drawn["ssl"] == "vibcreg")
        for name, low, high in (("aug_recon_weight", 0, 0.5), ("ssl_weight", 0.1, 10), ("channels", 8, 16)):
            value = drawn.get(name)
            assert value is None or (low <= value <= high and float(f"{value:.4g}") == value)  # type: ignore[operator,str-bytes-safe]


def test_the_seed_of_the_search_changes_what_is_suggested(tmp_path: Path) -> None:
    first = draw(search_of(make_search(tmp_path, sampler="random")), (), 0).suggestion.drawn
    assert draw(search_of(make_search(tmp_path, sampler="random")), (), 0).suggestion.drawn == first
    assert draw(search_of(make_search(tmp_path, sampler="random\n  seed: 1")), (), 0).suggestion.drawn != first
    assert draw(search_of(make_search(tmp_path, sampler="random")), (), 1).suggestion.drawn != first


def test_what_runs_is_known_to_the_sampler(tmp_path: Path) -> None:
    """Workers side by side: after as many results as TPE starts with, suggestions that run push others away."""
    sweep, store = make_search(tmp_path, budget=14), store_at(tmp_path / "store")
    search = search_of(sweep)
    for cells in suggest(store, search, 12):
        for cell in cells:
            keep(store, cell)
    suggest(store, search, 1)
    results = results_of(store, search)
    assert [result.state for result in results] == [State.DONE] * 12 + [State.OPEN]
    assert draw(search, results, 13).suggestion.drawn != draw(search, results[:-1], 13).suggestion.drawn


def test_tpe_goes_where_it_is_better(tmp_path: Path) -> None:
    sweep, store = make_search(tmp_path, budget=26), store_at(tmp_path / "store")
    for _ in steps(store, sweep):
        pass
    values = [result.values[0] for result in results_of(store, search_of(sweep))]
    assert sum(values[-8:]) < sum(values[:8])


def test_what_became_of_suggestions(tmp_path: Path) -> None:
    search, store = search_of(make_search(tmp_path, sampler="random")), store_at(tmp_path / "store")
    cells = suggest(store, search, 5)
    for status, of_suggestion in zip(("done", "failed", "diverged", "done"), cells, strict=False):
        keep(store, of_suggestion[0], status)
        keep(store, of_suggestion[1])
    store.write_trial({**config_columns(cells[4][0].config), "status": "done"}, [])  # nothing was measured
    keep(store, cells[4][1])
    suggest(store, search, 1)
    results = results_of(store, search)
    expected = [State.DONE, State.FAILED, State.DIVERGED, State.DONE, State.UNMEASURED, State.OPEN]
    assert [result.state for result in results] == expected
    state = search_state(search, results)
    assert (state.suggested, state.done, state.open, state.without_value) == (6, 2, 1, 3)


def test_an_objective_is_the_mean_over_seeds(tmp_path: Path) -> None:
    search, store = search_of(make_search(tmp_path, sampler="random")), store_at(tmp_path / "store")
    ((first, second),) = suggest(store, search, 1)
    keep(store, first)
    keep(store, second)
    (result,) = results_of(store, search)
    lone = [row["validation_val_loss"] for row in store.read_history().rows.to_pylist() if row["epoch"] == 2]
    assert result.values == (pytest.approx(sum(lone) / 2),)
    assert max(lone) - min(lone) == pytest.approx(0.1)


def test_equal_suggestions_are_one_trial(tmp_path: Path) -> None:
    """Without a method the weight has no effect, so two of these with as many channels are equal."""
    sweep, store = make_search(tmp_path, sampler="random"), store_at(tmp_path / "store")
    search = search_of(sweep)
    for number, weight in enumerate((0.1, 0.3)):
        drawn = {"ssl": "none", "channels": 9, "aug_recon_weight": weight}
        ids = tuple(cell.config.trial_id for cell in search.cells_of(drawn, number))
        suggestion = draw(search, (), number).suggestion
        write_suggestion(
            store.path, search.study_id, type(suggestion)(**{**vars(suggestion), "drawn": drawn, "trial_ids": ids})
        )
    seen = suggested(sweep, search, store)
    assert len(seen.sweep.cells) == 2  # one a seed
    for cell in seen.sweep.cells:
        keep(store, cell)
    first, second = results_of(store, search)
    assert (first.state, first.values) == (State.DONE, second.values)


def test_a_damaged_suggestion_is_drawn_again(tmp_path: Path) -> None:
    sweep, store = make_search(tmp_path, sampler="random"), store_at(tmp_path / "store")
    search = search_of(sweep)
    suggest(store, search, 3)
    before = drawn_in(store, search)
    path = suggestion_files(store.path)[1]
    path.write_text(path.read_text().replace("drawn_at", "drawn_on"))
    (line,) = suggested(sweep, search, store).damaged
    assert line.startswith(f"searches/{search.study_id}/suggestions/00001.json: damaged")
    suggest(store, search, 1)
    assert drawn_in(store, search) == before
    assert suggested(sweep, search, store).damaged == ()


def test_a_copied_suggestion_is_not_another_one(tmp_path: Path) -> None:
    sweep, store = make_search(tmp_path, sampler="random"), store_at(tmp_path / "store")
    search = search_of(sweep)
    suggest(store, search, 2)
    first = suggestion_files(store.path)[0]
    for name in ("00007.json", "copy.json", "0.json"):
        first.with_name(name).write_bytes(first.read_bytes())
    found = suggested(sweep, search, store)
    assert [result.suggestion.number for result in found.results] == [0, 1]
    assert len(found.damaged) == 3
    assert all(f"it is suggestion 0 of {search.study_id}, copied or renamed" in line for line in found.damaged)


def test_a_suggestion_of_another_study_is_told(tmp_path: Path) -> None:
    sweep, store = make_search(tmp_path), store_at(tmp_path / "store")
    foreign = Suggestion(number=0, drawn={"other": 1}, trial_ids=("a",), drawn_at="2026-01-01T00:00:00+00:00")
    write_suggestion(store.path, "other", foreign)
    own = store.path / "searches" / search_of(sweep).study_id / "suggestions"
    own.mkdir(parents=True)
    (own / "00000.json").write_bytes(suggestion_files(store.path)[0].read_bytes())
    found = suggested(sweep, search_of(sweep), store)
    assert found.results == ()
    assert "it is suggestion 0 of other, copied or renamed" in found.damaged[0]


def test_suggestions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (100_000, 99_999, 7):
        write_suggestion(tmp_path, "study", Suggestion(number=number, drawn={}, trial_ids=(), drawn_at=""))
    assert [each.number for each in read_suggestions(tmp_path, "study")[0]] == [7, 99_999, 100_000]


def test_optuna_opens_the_journal(tmp_path: Path) -> None:
    sweep, store = make_search(tmp_path, objectives=TWO), store_at(tmp_path / "store")
    search = search_of(sweep)
    cells = suggest(store, search, 4)
    for of_suggestion in cells[:3]:
        for cell in of_suggestion:
            keep(store, cell)
    results = results_of(store, search)
    path = write_journal(store.path, search.study_id, journal_text(search, results))
    assert json.loads(path.read_text().splitlines()[0])["study_name"] == search.study_id
    study = optuna.load_study(study_name=search.study_id, storage=JournalStorage(JournalFileBackend(str(path))))
    assert [direction.name for direction in study.directions] == ["MINIMIZE", "MAXIMIZE"]
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 3 + [TrialState.RUNNING]
    assert [trial.params for trial in study.trials] == drawn_in(store, search)
    assert [trial.values for trial in study.trials[:3]] == [list(result.values) for result in results[:3]]
