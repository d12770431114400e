"""Stages of a trial: what is shared, between trials, sweeps and launches, and what a failure takes with it."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ncvq_core.config import fcn_id
from ncvq_core.stages.judge.run import FcnRun
from ncvq_core.stages.prior.run import PRIOR_METRICS, Stage2Run
from ncvq_core.stages.samples.run import SAMPLE_METRICS
from ncvq_core.stages.tokenizer.run import Stage1Run
from orchestrator.execution.job import StageJob
from orchestrator.execution.settings import WorkerSettings
from orchestrator.execution.tensor_file import write_tensors
from orchestrator.planning.plan import Plan, load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.stage2 import DATASET, tiny2
from tests.orchestrator.tables import history_of, rows_of, trials_table, written_at

pytestmark = pytest.mark.whole


def made(sweep: Sweep, store: Store | None, **options: Any) -> Plan:
    return make_plan(sweep, store, load_datasets(sweep, None), **options)


def stages_of(plan: Plan) -> list[str]:
    return [task.stage for task in plan.tasks]


def raising(*arguments: object) -> None:
    raise ValueError("out of luck")


def unmake(store: Store, stage_id: str) -> None:
    shutil.rmtree(store.path / "stages" / stage_id)
    for path in (*store.path.glob("trials/*"), *store.path.glob("history/*")):
        path.unlink()


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many epochs of each kind of stage are trained from now on."""
    counts: Counter[str] = Counter()

    def counted(kind: type) -> Callable[[Any], None]:
        step = kind.step  # type: ignore[attr-defined]

        def count(run: Any) -> None:
            before = run.epoch
            step(run)
            if run.epoch > before:
                counts[kind.__name__] += 1

        return count

    for kind in (Stage1Run, Stage2Run, FcnRun):
        monkeypatch.setattr(kind, "step", counted(kind))
    return counts


def test_a_tokenizer_and_a_network_are_shared(tmp_path: Path) -> None:
    sweep = tiny2(tmp_path)
    plan = made(sweep, None)
    assert stages_of(plan) == ["stage1", "fcn", "stage2", "samples", "stage2", "samples"]
    assert plan.trials_to_run == 2
    assert plan.stage_runs == {"stage1": 1, "fcn": 1, "stage2": 2, "samples": 2}
    both = tuple(cell.config.trial_id for cell in sweep.cells)
    assert [len(task.trial_ids) for task in plan.tasks] == [2, 2, 1, 1, 1, 1]
    stage1, fcn, stage2, samples, *_ = plan.tasks
    assert stage1.trial_ids == fcn.trial_ids == both
    assert (stage1.needs, fcn.needs, stage2.needs) == ((), (), (stage1.stage_id,))
    assert set(samples.needs) == {stage1.stage_id, stage2.stage_id, fcn.stage_id}
    labels = ["seed=0", DATASET, *2 * ["token_embedding=learned seed=0"], *2 * ["token_embedding=codebook_init seed=0"]]
    assert [task.label for task in plan.tasks] == labels
    assert all(task.flops > 0 and task.memory_bytes > 1e8 for task in plan.tasks)


def test_six_priors_train_one_tokenizer(tmp_path: Path) -> None:
    plan = made(tiny2(tmp_path, token_embedding=["learned", "codebook_init"], prior_layers=1, guidance_scale=2.0), None)
    assert plan.stage_runs["stage1"] == 1
    assert made(tiny2(tmp_path, seed=[0, 1, 2]), None).stage_runs == {"stage1": 3, "fcn": 1, "stage2": 6, "samples": 6}


def test_a_given_network_is_no_task(tmp_path: Path) -> None:
    plan = made(tiny2(tmp_path), None, given=[fcn_id(DATASET)])
    assert plan.stage_runs == {"stage1": 1, "stage2": 2, "samples": 2}


def test_rows_are_the_union_of_the_stages(finished2: Store, tmp_path: Path) -> None:
    trials = pd.read_parquet(finished2.path / "trials")
    assert trials["status"].tolist() == ["done", "done"]
    assert set(trials["stages"]) == {2}
    assert trials["stage1_id"].nunique() == 1
    assert trials["stage2_id"].nunique() == trials["samples_id"].nunique() == 2
    without_ssl = {"psd_distance_augmented"}  # there is no augmented view
    assert trials[[*PRIOR_METRICS, *(set(SAMPLE_METRICS) - without_ssl)]].notna().all(axis=None)
    assert trials[[*without_ssl]].isna().all(axis=None)
    assert trials[["stage1_seconds", "stage2_seconds", "samples_seconds"]].gt(0).all(axis=None)
    assert trials["fcn"].str.fullmatch(r"trained [0-9a-f]{8}").all()
    assert [set(json.loads(text)) for text in trials["fid_by_class"]] == [{"1", "2"}] * 2
    assert trials["prior_layers"].tolist() == [1, 1]
    history = pd.read_parquet(finished2.path / "history")
    assert history.groupby(["trial_id", "stage"])["epoch"].agg(list).tolist() == [[1, 2]] * 4
    later = history[history["stage"] == "stage2"]
    assert later[["prior_loss", "validation_prior_loss"]].notna().all(axis=None)


def test_another_sweep_shares_tokenizer_and_network(
    finished2: Store, run_here: Launch, trained: Counter[str], tmp_path: Path
) -> None:
    before, rows = written_at(finished2.path, "stages"), rows_of(finished2.path)
    other = tiny2(tmp_path, token_embedding=["learned", "codebook_frozen"])
    assert stages_of(made(other, finished2)) == ["stage2", "samples"]
    summary, printed = run_here(other, finished2.path)
    assert summary.exit_code == 0
    assert trained == {"Stage2Run": 2}
    assert written_at(finished2.path, "stages").items() >= before.items()
    assert rows_of(finished2.path).items() >= rows.items()
    frozen = other.cells[1].config.trial_id
    line = (
        f"done     samples token_embedding=codebook_frozen seed=0 trial={frozen}  [2/2 done, nothing running, 0 failed"
    )
    assert line in printed


@pytest.mark.thorough
def test_a_killed_launch_goes_on_after_its_last_stage(
    finished2_folder: Path, run_here: Launch, trained: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(run: Stage2Run) -> None:
        raise KeyboardInterrupt

    sweep, folder = tiny2(tmp_path), tmp_path / "s"
    with monkeypatch.context() as patch:
        patch.setattr(Stage2Run, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            run_here(sweep, folder)
    assert trained["Stage1Run"] == 2
    assert list((folder / "trials").iterdir()) == []
    assert stages_of(made(sweep, Store(folder))) == ["stage2", "samples", "stage2", "samples"]
    assert run_here(sweep, folder)[0].exit_code == 0
    assert trained["Stage1Run"] == 2
    assert trials_table(folder).equals(trials_table(finished2_folder))
    assert history_of(folder).equals(history_of(finished2_folder))


def test_a_trial_whose_stages_are_done_is_only_assembled(
    finished2: Store, run_here: Launch, trained: Counter[str], finished2_folder: Path, tmp_path: Path
) -> None:
    for path in finished2.path.glob("trials/*"):
        path.unlink()
    assert len(made(tiny2(tmp_path), finished2).to_assemble) == 2
    assert run_here(tiny2(tmp_path), finished2.path)[0].exit_code == 0
    assert not trained
    assert trials_table(finished2.path).equals(trials_table(finished2_folder))


@pytest.mark.thorough
def test_a_failing_tokenizer_takes_its_trials_with_it_once(
    run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep, store = tiny2(tmp_path), tmp_path / "s"
    with monkeypatch.context() as patch:
        patch.setattr(Stage1Run, "step", raising)
        summary, printed = run_here(sweep, store)
    assert (summary.finished, summary.exit_code) == (0, 1)
    assert {error for _, error in summary.failures.values()} == {"stage1: ValueError: out of luck"}
    assert "failed   stage1 seed=0: ValueError: out of luck  [0/2 done, nothing running, 2 failed" in printed
    assert printed.splitlines()[-1].endswith("[0/2 done, nothing running, 2 failed, ETA 0:00:00]")
    rows = [Store(store).read_trial(trial_id) for trial_id in summary.failures]
    assert all(row and row["traceback"].endswith("ValueError: out of luck\n") for row in rows)
    assert run_here(sweep, store, retry_failed=True)[0].exit_code == 0


def test_a_failing_network_leaves_the_priors(run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep, store = tiny2(tmp_path), tmp_path / "s"
    with monkeypatch.context() as patch:
        patch.setattr(FcnRun, "step", raising)
        summary, _ = run_here(sweep, store)
    assert {error for _, error in summary.failures.values()} == {"fcn: ValueError: out of luck"}
    assert stages_of(made(sweep, Store(store), retry_failed=True)) == ["fcn", "samples", "samples"]


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damaged_weights_are_a_clear_failure_and_made_again(
    finished2: Store, run_here: Launch, tmp_path: Path, damage: str
) -> None:
    sweep = tiny2(tmp_path, token_embedding=["learned"])
    config = sweep.cells[0].config
    assert config.stage2_id is not None
    unmake(finished2, config.stage2_id)
    path = finished2.path / "stages" / config.stage1_id / "model.safetensors"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    summary, printed = run_here(sweep, finished2.path)
    if damage == "gone":
        assert f"set aside as damaged/stages/{config.stage1_id}" in printed
    else:
        ((_, error),) = summary.failures.values()
        reason = "damaged, its checksum is not the recorded one; `ncvq resume` runs the stage again"
        assert error == f"stage2: DamagedError: stages/{config.stage1_id}/model.safetensors: {reason}"
        summary, _ = run_here(sweep, finished2.path, retry_failed=True)
    assert summary.exit_code == 0
    assert path.read_bytes() == content


def test_a_checkpoint_of_another_tokenizer_is_put_aside(
    finished2: Store, run_here: Launch, tmp_path: Path, trained: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = tiny2(tmp_path, token_embedding=["learned"])
    config = sweep.cells[0].config
    assert config.stage2_id is not None
    unmake(finished2, config.stage2_id)
    unfit = finished2.path / "checkpoints" / f"{config.stage2_id}.unfit"
    put_aside: list[bool] = []
    write = Store.write_stage

    def noted(store: Store, *arguments: Any) -> None:
        put_aside.append(unfit.exists())
        write(store, *arguments)

    for stage in ("same", "other"):
        (task, *_) = made(sweep, finished2).tasks
        job = StageJob(task, WorkerSettings(store=finished2.path))
        while job.epoch < 1:
            job.step()
        job.save_checkpoint()
        if stage == "other":
            change_model(finished2, config.stage1_id)
            unmake(finished2, str(config.samples_id))
            monkeypatch.setattr(Store, "write_stage", noted)
        trained.clear()
        assert run_here(sweep, finished2.path)[0].exit_code == 0
        assert trained["Stage2Run"] == (1 if stage == "same" else 2)
        unmake(finished2, config.stage2_id)
    assert put_aside[0]  # while the stage ran again
    assert list((finished2.path / "checkpoints").iterdir()) == []


def change_model(store: Store, stage_id: str) -> None:
    """Give a finished stage other weights, as a run with other versions of packages would have."""
    from safetensors.torch import load_file

    tensors = load_file(store.sound_model(stage_id).path)
    name = next(name for name in tensors if name.endswith("weight"))
    tensors[name] = tensors[name] * 1.001
    store.write_stage(stage_id, store.read_stage(stage_id), partial(write_tensors, tensors=tensors))


def test_running_stages_are_told_apart(finished2: Store, tmp_path: Path) -> None:
    from io import StringIO

    from rich.console import Console

    from orchestrator.cli.status import print_status
    from orchestrator.store.lock import exclusive

    sweep = tiny2(tmp_path)
    shared = [cell.config.trial_id for cell in sweep.cells]
    state = {"stage": "stage1", "label": "seed=0", "epoch": 1, "epochs": 2, "updated_at": "now", "trial_ids": shared}
    with exclusive(finished2.path, "a test"):
        finished2.write_running("a", state)
        printed = StringIO()
        assert print_status(sweep, finished2, Console(file=printed, width=120))
    (line,) = [line for line in printed.getvalue().splitlines() if "seed=0" in line]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["stage1", "seed=0", "2", "1", "2", "now"]
    assert json.loads((finished2.path / "running" / "a.json").read_text())["trial_ids"] == shared
