"""Launching in this process: what is shared, what fails, what diverges, what is retried."""

import os
import weakref
from pathlib import Path

import pytest

from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from orchestrator.execution import job
from orchestrator.store import Store
from orchestrator.store.errors import StoreError
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import history_of, rows_of, trials_table, written_at

pytestmark = pytest.mark.whole


@pytest.fixture
def unlucky_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training with seed 1 and SSL raises in its second epoch."""
    step = Stage1Run.step

    def unlucky(run: Stage1Run) -> None:
        if run.config.seed == 1 and run.config.ssl and run.epoch == 1:
            raise ValueError("a bug in\nthe encoder")
        step(run)

    monkeypatch.setattr(Stage1Run, "step", unlucky)


def test_a_finished_sweep_is_left_alone(design: Design, finished: Store, run_here: Launch) -> None:
    before = written_at(finished.path)
    summary, printed = run_here(design(), finished.path)
    assert (summary.finished, summary.trials, summary.exit_code) == (4, 4, 0)
    assert printed == ""
    assert written_at(finished.path) == before


def test_a_new_level_runs_only_its_own_cells(design: Design, finished: Store, run_here: Launch) -> None:
    before, rows, stages = written_at(finished.path), rows_of(finished.path), finished.stage_ids()
    summary, printed = run_here(design(seed=[0, 1, 2], ssl=["none"]), finished.path)
    assert (summary.finished, summary.trials) == (3, 3)
    assert printed.count("done ") == 1
    assert (
        written_at(finished.path, "stages").items()
        >= {path: time for path, time in before.items() if path.startswith("stages")}.items()
    )
    assert rows_of(finished.path).items() >= rows.items()
    assert len(rows_of(finished.path)) == len(rows) + 1
    assert len(finished.stage_ids()) == len(stages) + 1


def test_sweeps_share_cells(design: Design, finished: Store, run_here: Launch, tmp_path: Path, tiny_file: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(tiny_file.read_text().replace("seed: [0, 1]", "seed: [1, 0]"))
    before = written_at(finished.path)
    assert run_here(load_sweep(other), finished.path)[0].exit_code == 0
    assert written_at(finished.path) == before
    assert {path.stem for path in (finished.path / "sweeps").iterdir()} == {"tiny", "other"}


def test_two_runs_give_the_same_bits(design: Design, finished: Store, run_here: Launch, tmp_path: Path) -> None:
    run_here(design(ssl=["barlowtwins"], seed=[1]), tmp_path / "again")
    again = trials_table(tmp_path / "again")
    first = trials_table(finished.path)
    first = first[first["trial_id"].isin(again["trial_id"])].reset_index(drop=True)
    assert first.equals(again.astype(first.dtypes))
    cell = design(ssl=["barlowtwins"], seed=[1]).cells[0]
    model = f"stages/{cell.config.stage1_id}/model.safetensors"
    assert (finished.path / model).read_bytes() == (tmp_path / "again" / model).read_bytes()


def test_memory_is_released_after_each_stage(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[weakref.ref[Stage1Trainer]] = []
    alive: list[int] = []
    step = Stage1Run.step

    def noted(run: Stage1Run) -> None:
        trained.append(weakref.ref(run.trainer))
        step(run)

    monkeypatch.setattr(Stage1Run, "step", noted)
    monkeypatch.setattr(job, "release_freed_memory", lambda: alive.append(sum(1 for run in trained if run())))
    run_here(design(seed=[0]), tmp_path / "store")
    assert len(trained) == 2 * 2
    assert alive == [0, 0]


@pytest.mark.usefixtures("unlucky_seed")
def test_a_trial_that_raises_stops_no_other(design: Design, run_here: Launch, tmp_path: Path) -> None:
    summary, printed = run_here(design(), tmp_path / "s")
    assert (summary.finished, summary.trials, summary.exit_code) == (3, 4, 1)
    ((trial_id, (label, error)),) = summary.failures.items()
    assert (label, error) == ("ssl=barlowtwins seed=1", "ValueError: a bug in")
    line = f"failed   stage1 ssl=barlowtwins seed=1 trial={trial_id}: ValueError: a bug in"
    assert f"{line}  [1/4 done, nothing running, 1 failed" in printed
    assert "[3/4 done, nothing running, 1 failed" in printed.splitlines()[-1]
    row = Store(tmp_path / "s").read_trial(trial_id)
    assert row is not None
    assert row["status"] == "failed"
    assert row["traceback"].startswith("Traceback (most recent call last)")
    assert row["traceback"].endswith("ValueError: a bug in\nthe encoder\n")


def test_launch_leaves_a_failure_alone_and_resume_retries_it(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path
) -> None:
    folder = tmp_path / "s"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stage1Run, "step", lambda run: 1 / 0)
        assert run_here(design(), folder)[0].exit_code == 1
    again, printed = run_here(design(), folder)
    assert (again.exit_code, len(again.failures), printed) == (1, 4, "")
    resumed, _ = run_here(design(), folder, retry_failed=True)
    assert (resumed.exit_code, resumed.finished) == (0, 4)
    assert trials_table(folder).equals(trials_table(finished_folder))
    assert history_of(folder).equals(history_of(finished_folder))


def test_an_exception_passes_through_with_debug(
    design: Design, run_here: Launch, tmp_path: Path, unlucky_seed: None
) -> None:
    with pytest.raises(ValueError, match="a bug in"):
        run_here(design(), tmp_path / "s", debug=True)
    assert run_here(design(ssl=["none"]), tmp_path / "s")[0].exit_code == 0  # the lock is free again


def test_a_diverged_trial_is_a_result(design: Design, run_here: Launch, tmp_path: Path) -> None:
    sweep = design(learning_rate=1e30, ssl=["none"], seed=[0], epochs=6)
    summary, printed = run_here(sweep, tmp_path / "s")
    assert (summary.finished, summary.exit_code) == (1, 0)
    trial = f"trial={sweep.cells[0].config.trial_id}"
    assert f"diverged stage1 ssl=none seed=0 {trial}: DivergedError: the loss became" in printed
    before = written_at(tmp_path / "s")
    assert run_here(sweep, tmp_path / "s", retry_failed=True) == (summary, "")
    assert written_at(tmp_path / "s") == before
    assert list((tmp_path / "s").glob("checkpoints/*")) == []


def test_a_full_disk_loses_nothing(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished_folder: Path
) -> None:
    replace = os.replace
    written: list[Path] = []

    def full(source: Path, target: Path) -> None:
        if "trials" in Path(target).parts:
            written.append(target)
            if len(written) == 3:
                raise OSError(28, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StoreError, match=r"trials/part-\w+.parquet: cannot be written: No space left on device"):
            run_here(design(), tmp_path / "s")
    assert len(trials_table(tmp_path / "s")) == 2
    before, rows = written_at(tmp_path / "s", "stages"), rows_of(tmp_path / "s")
    assert run_here(design(), tmp_path / "s")[0].exit_code == 0
    assert written_at(tmp_path / "s", "stages").items() >= before.items()
    assert rows_of(tmp_path / "s").items() >= rows.items()
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))


def test_a_tracker_out_of_order_stops_nothing(
    design: Design, run_here: Launch, finished: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def publish(self, *arguments: object) -> None:
            raise ConnectionError("no network")

    monkeypatch.setattr("orchestrator.launching.launch.make_tracker", lambda *arguments: Broken())
    summary, _ = run_here(design(), finished.path)
    assert summary.exit_code == 0
    assert set(summary.unpublished.values()) == {"ConnectionError: no network"}
    assert len(summary.unpublished) == 4
