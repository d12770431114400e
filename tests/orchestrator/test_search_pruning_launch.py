"""Launching a search with a pruner: trials end early with their checkpoints, and can go on as if they never had."""

import shutil
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from ncvq_core.errors import ConfigError
from orchestrator.planning.state import sweep_state
from orchestrator.search.suggested import Suggested, suggested
from orchestrator.store import Store
from orchestrator.store.check import check
from orchestrator.store.search_results import State
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep
from reports.read_store import read_results
from tests.orchestrator.conftest import Launch
from tests.orchestrator.search_stores import search_of
from tests.orchestrator.tables import history_of, rows_of, trials_table

pytestmark = pytest.mark.whole

TEXT = """\
description: a search that ends trials early
base: {dataset: ItalyPowerDemand, epochs: 3, projector_width: 16, channels: 8, val_fraction: 0.25, evaluate_every: 1}
factors: {seed: [0, 1]}
search:
  minimize: val_loss
  budget: BUDGET
  sampler: random
  pruner: asha
  parameters:
    learning_rate: {range: [0.00001, 0.01], log: true}
"""


def write(folder: Path, *, pruner: str = "asha", budget: int = 4) -> Sweep:
    path = folder / f"pruned-by-{pruner or 'nobody'}.yaml"
    text = TEXT.replace("BUDGET", str(budget))
    path.write_text(text.replace("  pruner: asha\n", f"  pruner: {pruner}\n" if pruner else ""), encoding="utf-8")
    return load_sweep(path)


def seen(sweep: Sweep, store: Path) -> Suggested:
    return suggested(sweep, search_of(sweep), Store(store))


def checkpoints(store: Path) -> set[str]:
    return {path.stem for path in (store / "checkpoints").glob("*.safetensors")}


@pytest.fixture(scope="module")
def pruned(run_here: Launch, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, Path, str]:
    """A search of which trials were pruned, its store and what was printed; not to be changed."""
    folder = tmp_path_factory.mktemp("pruned")
    sweep = write(folder)
    summary, printed = run_here(sweep, folder / "store")
    assert (summary.exit_code, summary.finished, summary.failures) == (0, 8, {})
    assert summary.pruned > 0
    return sweep, folder / "store", printed


Pruned = tuple[Sweep, Path, str]


def test_what_is_pruned_is_marked_and_keeps_its_checkpoint(pruned: Pruned) -> None:
    sweep, store, printed = pruned
    rows, results = rows_of(store), seen(sweep, store).results
    ended = [result for result in results if result.state == State.PRUNED]
    assert results[0].state == State.DONE
    assert ended
    for result in ended:
        first, second = (rows[trial_id] for trial_id in result.suggestion.trial_ids)
        assert (first["status"], second["status"]) == ("pruned", "pruned")
        assert first["error"].startswith("pruned at epoch 1 of 3 by asha: val_loss ")
        assert second["error"] == f"with trial {first['trial_id']}, {first['error']}"
        assert result.along == {1: pytest.approx(float(first["error"].split()[-1]), rel=1e-3)}
    begun = {str(rows[result.suggestion.trial_ids[0]]["stage1_id"]) for result in ended}
    assert checkpoints(store) == begun, "the other seeds were never begun"
    assert printed.count("pruned   stage1") == 2 * len(ended)
    state = sweep_state(sweep, Store(store))
    assert (state.counts["pruned"], state.counts["missing"], state.counts["begun"]) == (2 * len(ended), 0, 0)
    assert state.search is not None
    assert (state.search.pruned, state.search.open, state.search.without_value) == (len(ended), 0, 0)
    assert check(Store(store)).damaged == []


def test_no_mean_and_no_claim_has_what_is_pruned(pruned: Pruned) -> None:
    sweep, store, _ = pruned
    results = read_results(store, sweep.name)
    ended = {trial_id for trial_id, row in rows_of(store).items() if row["status"] == "pruned"}
    assert ended.isdisjoint(results.done["trial_id"])
    assert ended.isdisjoint(results.history["trial_id"])
    assert set(results.cells.loc[results.cells["status"] == "pruned", "trial_id"]) == ended


def test_optuna_reads_what_was_pruned_from_the_journal(pruned: Pruned) -> None:
    sweep, store, _ = pruned
    journal = store / "searches" / search_of(sweep).study_id / "journal.log"
    study = optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(str(journal))))
    expected = {State.DONE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED}
    results = seen(sweep, store).results
    assert [trial.state for trial in study.trials] == [expected[result.state] for result in results]
    assert [trial.intermediate_values for trial in study.trials] == [result.along for result in results]


def test_another_launch_leaves_it_alone_and_unprune_goes_on_as_if_it_never_was(
    pruned: Pruned, run_here: Launch, tmp_path: Path
) -> None:
    """The same bits as in a search without a pruner, which draws the same suggestions by `random`."""
    sweep, folder, _ = pruned
    store = tmp_path / "store"
    shutil.copytree(folder, store)
    begun = checkpoints(store)
    assert run_here(sweep, store, retry_failed=True)[1] == ""
    summary, _ = run_here(sweep, store, unprune=True)
    assert (summary.exit_code, summary.pruned) == (0, 0)
    assert checkpoints(store) == set()
    assert {result.state for result in seen(sweep, store).results} == {State.DONE}
    notes = {row["stage1_id"]: row["data_notes"] for row in rows_of(store).values()}
    assert begun <= notes.keys()
    assert all(notes[stage] is None for stage in begun), "their checkpoints fitted"
    assert run_here(write(tmp_path, pruner=""), tmp_path / "never")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "never"))
    assert history_of(store).equals(history_of(tmp_path / "never"))
    assert [Store(store).sound_model(stage).checksum for stage in begun] == [
        Store(tmp_path / "never").sound_model(stage).checksum for stage in begun
    ]


def test_a_grid_runs_what_a_search_pruned(pruned: Pruned, run_here: Launch, tmp_path: Path) -> None:
    sweep, folder, _ = pruned
    store, grid = tmp_path / "store", tmp_path / "grid.yaml"
    shutil.copytree(folder, store)
    ended = next(result for result in seen(sweep, store).results if result.state == State.PRUNED)
    base = TEXT.splitlines()[1].replace("{", f"{{learning_rate: {ended.suggestion.drawn['learning_rate']}, ")
    grid.write_text(f"description: all of it\n{base}\nfactors: {{seed: [0, 1]}}\n", encoding="utf-8")
    whole = load_sweep(grid)
    assert {cell.config.trial_id for cell in whole.cells} == set(ended.suggestion.trial_ids)
    counts = sweep_state(whole, Store(store)).counts
    assert (counts["begun"], counts["missing"], counts["pruned"]) == (1, 1, 0)
    assert run_here(whole, store)[0].exit_code == 0
    assert {rows_of(store)[trial_id]["status"] for trial_id in ended.suggestion.trial_ids} == {"done"}
    after = {result.suggestion.number: result.state for result in seen(sweep, store).results}
    assert after[ended.suggestion.number] == State.DONE
    with pytest.raises(ConfigError, match="--unprune: grid ends no trial early"):
        run_here(whole, store, unprune=True)


def test_in_a_pack_one_ends_early_and_the_others_go_on(run_here: Launch, tmp_path: Path) -> None:
    sweep, store = write(tmp_path, budget=3), tmp_path / "store"
    assert run_here(sweep, store, pack=6)[0].exit_code == 0
    statuses = [row["status"] for row in rows_of(store).values()]
    assert set(statuses) == {"done", "pruned"}
    assert run_here(write(tmp_path, pruner="", budget=3), tmp_path / "never")[0].exit_code == 0
    alone = history_of(tmp_path / "never")
    expected = alone[alone["trial_id"].isin(history_of(store)["trial_id"])].reset_index(drop=True)
    assert history_of(store).equals(expected)


PRIOR = """\
description: a search that ends priors early
base: {dataset: ItalyPowerDemand, stages: 2, epochs: 1, projector_width: 16, channels: 8, prior_epochs: 3,
  prior_width: 16, prior_layers: 1, prior_heads: 1, sampling_steps: 2, val_fraction: 0.25}
search:
  minimize: validation_prior_loss
  budget: 4
  sampler: random
  pruner: asha
  parameters:
    prior_learning_rate: {range: [0.00001, 0.01], log: true}
"""


@pytest.mark.slow
def test_a_prior_is_pruned_on_a_tokenizer_that_stays(run_here: Launch, tmp_path: Path) -> None:
    file, store = tmp_path / "priors.yaml", tmp_path / "store"
    file.write_text(PRIOR, encoding="utf-8")
    sweep = load_sweep(file)
    assert run_here(sweep, store)[0].exit_code == 0
    ended = [row for row in rows_of(store).values() if row["status"] == "pruned"]
    assert ended
    assert {row["error"].partition(" by ")[0] for row in ended} == {"stage2: pruned at epoch 1 of 3"}
    assert checkpoints(store) == {row["stage2_id"] for row in ended}
    assert len({row["stage1_id"] for row in rows_of(store).values()}) == 1
    assert check(Store(store)).orphaned == {}
    assert run_here(sweep, store, unprune=True)[0].pruned == 0
    assert {result.state for result in seen(sweep, store).results} == {State.DONE}
