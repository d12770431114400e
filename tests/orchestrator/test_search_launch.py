"""Launching a search: to its budget, stopped and gone on with, further with a larger budget."""

from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from ncvq_core.stages.tokenizer.run import Stage1Run
from orchestrator.planning.state import sweep_state
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.search_results import State
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.space import Range
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.tables import rows_of
from tests.plugin_files import nothing_stays, write_plugin

pytestmark = pytest.mark.whole

TEXT = """\
description: a search of seconds
base: {dataset: ItalyPowerDemand, epochs: 1, projector_width: 16, val_fraction: 0.25, evaluate_every: 1}
search:
  minimize: val_loss
  budget: BUDGET
  parameters:
    ssl: [none, barlowtwins]
    channels: [8, 16]
    augmentations:
      slice: [slice_and_shuffle]
      noise: [gaussian_noise: {standard_deviation: {range: [0.01, 1.0], log: true}}]
"""


def sweep_of(tmp_path: Path, budget: int) -> Sweep:
    path = tmp_path / "tiny-search.yaml"
    path.write_text(TEXT.replace("BUDGET", str(budget)), encoding="utf-8")
    return load_sweep(path)


def test_a_search_runs_to_its_budget_and_goes_on_with_a_larger_one(run_here: Launch, tmp_path: Path) -> None:
    store = tmp_path / "store"
    sweep = sweep_of(tmp_path, 3)
    assert sweep.search is not None
    summary, printed = run_here(sweep, store)
    assert "0 trials, 0 stages to run, 3 suggestions to draw" in printed
    first = suggested(sweep, sweep.search, Store(store)).results
    assert [result.suggestion.number for result in first] == [0, 1, 2]
    ids = {trial_id for result in first for trial_id in result.suggestion.trial_ids}
    assert ids == set(rows_of(store))
    assert (summary.finished, summary.trials, summary.exit_code) == (len(ids), len(ids), 0)
    assert run_here(sweep, store)[1] == ""
    larger = sweep_of(tmp_path, 5)
    assert run_here(larger, store)[0].exit_code == 0
    results = suggested(larger, sweep.search, Store(store)).results
    assert results[:3] == first
    assert len(results) == 5
    state = sweep_state(larger, Store(store))
    assert state.search is not None
    assert (state.search.done, state.search.budget) == (5, 5)
    assert state.launched is None
    assert Store(store).sweep_names() == ["tiny-search"]
    journal = store / "searches" / sweep.search.study_id / "journal.log"
    study = optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(str(journal))))
    assert [trial.value for trial in study.trials] == [result.values[0] for result in results]


def test_a_failed_suggestion_is_retried_by_resume_alone(
    run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was suggested after it stays."""
    store, sweep, step = tmp_path / "store", sweep_of(tmp_path, 4), Stage1Run.step
    search = sweep.search
    assert search is not None

    def unlucky(run: Stage1Run) -> None:
        if run.config.ssl is not None:
            raise ValueError("a bug in the encoder")
        step(run)

    with monkeypatch.context() as patch:
        patch.setattr(Stage1Run, "step", unlucky)
        assert run_here(sweep, store)[0].exit_code == 1
    before = suggested(sweep, search, Store(store)).results
    states = {result.suggestion.drawn["ssl"]: result.state for result in before}
    assert states == {"none": State.DONE, "barlowtwins": State.FAILED}, "both were suggested"
    assert run_here(sweep, store)[1] == ""
    assert run_here(sweep, store, retry_failed=True)[0].exit_code == 0
    after = suggested(sweep, search, Store(store)).results
    assert [each.suggestion for each in after] == [each.suggestion for each in before]
    assert {each.state for each in after} == {State.DONE}


def test_a_plugin_can_be_searched_with(run_here: Launch, tmp_path: Path) -> None:
    """Its parameters too; and while the launch runs, the store knows all trials of the sweep."""
    write_plugin(tmp_path)
    path, store = tmp_path / "with-plugin.yaml", tmp_path / "store"
    text = TEXT.replace("BUDGET", "2").replace("[none, barlowtwins]", "[byol, barlowtwins]")
    text = text.replace(
        "gaussian_noise: {standard_deviation: {range: [0.01, 1.0], log: true}}", "shift: {points: {range: [1, 3]}}"
    )
    path.write_text(f"{text}plugins: [mine.py]\n")
    with nothing_stays():
        sweep = load_sweep(path)
        assert sweep.search is not None
        assert [hole.integer for hole in sweep.search.holes if isinstance(hole, Range)] == [True]
        assert run_here(sweep, store)[0].exit_code == 0
    cells = Store(store).read_sweep("with-plugin")["cells"]
    assert {cell["trial_id"] for cell in cells} == set(rows_of(store))
