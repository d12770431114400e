"""Who ends early is decided by Optuna's pruner, from what the store keeps, seed by seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest

from orchestrator.errors import NcvqError
from orchestrator.search.pruning import Pruning
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.check import check
from orchestrator.store.courses import course_files, read_courses
from orchestrator.store.search_results import State
from orchestrator.store.searches import Suggestion, read_suggestions
from orchestrator.sweepfile.deciders import PRUNERS
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.search_stores import ONE, TWO, keep, make_search, search_of, suggest

WATCHED = "epochs: 9, val_fraction: 0.25, evaluate_every: 1"


def watched(folder: Path, pruner: str = "asha", **written: Any) -> Sweep:
    """A search of trials of nine epochs, each measured."""
    return make_search(folder, sampler=f"random\n  pruner: {pruner}", length=WATCHED, **written)


def pruning_of(search: Search, store: Store) -> Pruning:
    assert search.pruner is not None
    return Pruning(search, search.pruner, store)


def known(store: Store, search: Search) -> Sequence[Suggestion]:
    return read_suggestions(store.path, search.study_id)[0]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", create=True)


def run(pruning: Pruning, trial_id: str, values: Mapping[int, float], suggestions: Sequence[Suggestion]) -> int:
    """Tell values one after the other until the trial is to end; returns the epoch."""
    for epoch, value in values.items():
        if trial_id in pruning.measured([trial_id], {epoch: value}, suggestions):
            return epoch
    return max(values)


def falling(level: float) -> dict[int, float]:
    return {epoch: level + 1 / epoch for epoch in range(1, 10)}


@pytest.mark.parametrize("pruner", PRUNERS)
def test_worse_ones_end_early_and_the_best_never(pruner: str, tmp_path: Path, store: Store) -> None:
    search = search_of(watched(tmp_path, pruner, budget=30))
    pruning, ended = pruning_of(search, store), []
    for number in range(20):
        suggest(store, search, 1)
        suggestions = known(store, search)
        ended.append(run(pruning, suggestions[-1].trial_ids[0], falling((number * 7) % 20), suggestions))
    assert ended[0] == 9, "there was nothing to compare it with"
    assert min(ended) < 9
    levels = [(number * 7) % 20 for number in range(20)]
    assert ended[levels.index(0)] == 9


def test_the_first_seed_decides_for_the_others(tmp_path: Path, store: Store) -> None:
    """Each seed has its own validation part: values of the second are other ones, and decide nothing."""
    search = search_of(watched(tmp_path))
    suggest(store, search, 2)
    suggestions, pruning = known(store, search), pruning_of(search, store)
    (first, second), (third, fourth) = (each.trial_ids for each in suggestions)
    assert run(pruning, second, falling(0.0), suggestions) == 9
    assert run(pruning, first, falling(10.0), suggestions) == 9
    assert run(pruning, fourth, falling(1e6), suggestions) == 9
    assert run(pruning, third, falling(11.0), suggestions) == 1
    assert fourth in pruning.measured([fourth], {}, suggestions)
    assert pruning.ended(suggestions) == {
        third: "pruned at epoch 1 of 9 by asha: val_loss 12",
        fourth: f"with trial {third}, pruned at epoch 1 of 9 by asha: val_loss 12",
    }
    assert read_courses(store.path, search.study_id).keys() == {first, third}


def test_a_decision_is_kept_with_its_value_and_is_the_same_after_a_kill(tmp_path: Path, store: Store) -> None:
    search = search_of(watched(tmp_path))
    suggest(store, search, 2)
    suggestions, pruning = known(store, search), pruning_of(search, store)
    (first, _), (second, _) = (each.trial_ids for each in suggestions)
    run(pruning, first, falling(1.0), suggestions)
    assert run(pruning, second, falling(2.0), suggestions) == 1
    kept = read_courses(store.path, search.study_id)
    assert kept[second].values == {1: 3.0}
    again = pruning_of(search, store)
    assert second in again.measured([second], {}, suggestions), "before anything is measured"
    assert second in again.measured([second], {1: 3.0, 2: 0.0, 3: 0.0}, suggestions), "whatever it had measured since"
    assert read_courses(store.path, search.study_id) == kept


def test_nobody_is_told_of_the_studies_in_between(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    search = search_of(watched(tmp_path))
    pruning = pruning_of(search, store)
    suggestion = Suggestion(number=0, drawn={}, trial_ids=("0" * 12,), drawn_at="")
    run(pruning, "0" * 12, falling(0.0), [suggestion])
    assert (caplog.text, capfd.readouterr()) == ("", ("", ""))


def test_values_of_several_epochs_at_once_are_told_one_by_one(tmp_path: Path, store: Store) -> None:
    """As from a checkpoint: what is told does not depend on how."""
    search = search_of(watched(tmp_path))
    suggest(store, search, 3)
    suggestions = known(store, search)
    ids = [each.trial_ids[0] for each in suggestions]
    other = Store(tmp_path / "other", create=True)
    for trial_id, level in zip(ids, (2.0, 1.0, 3.0), strict=True):
        run(pruning_of(search, store), trial_id, falling(level), suggestions)
        pruning_of(search, other).measured([trial_id], falling(level), suggestions)
    assert read_courses(store.path, search.study_id) == read_courses(other.path, search.study_id)


def test_a_pruned_suggestion_is_known_as_such_and_can_go_on(tmp_path: Path, store: Store) -> None:
    sweep = watched(tmp_path)
    search = search_of(sweep)
    cells = suggest(store, search, 2)
    suggestions, pruning = known(store, search), pruning_of(search, store)
    for cell in cells[0]:
        run(pruning, cell.config.trial_id, falling(0.0), suggestions)
        keep(store, cell)
    run(pruning, cells[1][0].config.trial_id, falling(1.0), suggestions)
    assert [result.state for result in suggested(sweep, search, store).results] == [State.DONE, State.PRUNED]
    assert suggested(sweep, search, store).pruned == set(suggestions[1].trial_ids)
    pruning.unprune(suggestions)
    assert [result.state for result in suggested(sweep, search, store).results] == [State.DONE, State.OPEN]
    assert run(pruning, cells[1][0].config.trial_id, falling(1.0), suggestions) == 9
    assert run(pruning, cells[1][1].config.trial_id, falling(9.0), suggestions) == 9
    for cell in cells[1]:
        keep(store, cell)
    assert [result.state for result in suggested(sweep, search, store).results] == [State.DONE, State.DONE]


def test_trials_that_ran_elsewhere_are_compared_with(tmp_path: Path, store: Store) -> None:
    sweep = watched(tmp_path)
    search = search_of(sweep)
    cells = suggest(store, search, 2)
    suggestions, pruning = known(store, search), pruning_of(search, store)
    keep(store, cells[0][0])  # with a value at its second epoch
    pruning.take_over([cells[0][0].config.trial_id], suggestions)
    assert read_courses(store.path, search.study_id)[cells[0][0].config.trial_id].values.keys() == {2}
    assert run(pruning, cells[1][0].config.trial_id, falling(1e6), suggestions) == 1


def test_a_damaged_course_is_told(tmp_path: Path, store: Store) -> None:
    search = search_of(watched(tmp_path))
    suggest(store, search, 1)
    suggestions = known(store, search)
    pruning_of(search, store).measured([suggestions[0].trial_ids[0]], {1: 1.0}, suggestions)
    (path,) = course_files(store.path)
    path.write_text(path.read_text().replace("values", "volues"))
    assert [each.path for each in check(store).damaged] == [path]
    assert read_courses(store.path, search.study_id) == {}


@pytest.mark.parametrize(
    ("pruner", "objectives", "length", "words"),
    [
        ("ahsa", ONE, WATCHED, "unknown pruner 'ahsa'"),
        ("asha", TWO, WATCHED, "pruner asha: it compares trials along the way by one objective, and there are 2"),
        (
            "asha",
            ONE,
            "epochs: 9, val_fraction: 0.25, evaluate_every: 9",
            "val_loss is measured once, at the last of 9",
        ),
        ("median", ONE, "epochs: 9, val_fraction: 0.25", "set evaluate_every in base so that it divides epochs = 9"),
    ],
)
def test_what_cannot_prune_is_refused(pruner: str, objectives: str, length: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(NcvqError, match=words) as caught:
        make_search(tmp_path, sampler=f"random\n  pruner: {pruner}", objectives=objectives, length=length)
    assert "\n" not in str(caught.value)


def test_trials_of_other_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NcvqError, match="it compares trials after as many epochs: write epochs in base"):
        make_search(
            tmp_path,
            sampler="random\n  pruner: asha",
            length="val_fraction: 0.25, evaluate_every: 1",
            more="epochs: [5, 6]",
        )


def test_a_search_with_another_pruner_is_another_search(tmp_path: Path) -> None:
    ids = {search_of(watched(tmp_path, pruner)).study_id for pruner in PRUNERS}
    assert len(ids) == len(PRUNERS)
