"""What a sweep still lacks, read from the store."""

import dataclasses
import json
import shutil
from collections import Counter
from typing import Any

import pytest

from ncvq_core.data import load_dataset
from ncvq_core.errors import DataError
from orchestrator.launching.rows import failed_row
from orchestrator.planning.estimate import expected_time, measured_rate
from orchestrator.planning.plan import Plan, cell_label, expected_cost, load_datasets, make_plan
from orchestrator.planning.queue import Outcome
from orchestrator.store import Store
from orchestrator.sweepfile.sweep import Cell, Sweep
from tests.orchestrator.conftest import Design
from tests.orchestrator.tables import forget, writing


def counts(plan: Plan) -> tuple[int, int, int, int]:
    """Finished, failed, to assemble, to run."""
    return len(plan.finished), len(plan.failed), len(plan.to_assemble), plan.trials_to_run


def made(sweep: Sweep, store: Store | None, **options: Any) -> Plan:
    return make_plan(sweep, store, load_datasets(sweep, None), **options)


def fail(store: Store, cell: Cell, status: str) -> None:
    outcome = Outcome(stage_id=cell.config.stage1_id, status=status, error="no luck", traceback="")
    store.write_trial(failed_row(cell.config, "stage1", outcome), [])
    (store.path / "stages" / cell.config.stage1_id / "record.json").unlink()


def test_without_a_store_everything_is_to_run(design: Design) -> None:
    plan = made(design(), None)
    assert counts(plan) == (0, 0, 0, 4)
    assert {task.label for task in plan.tasks} == {cell_label(cell) for cell in design().cells}
    assert [task.config["ssl"] for task in plan.tasks] == ["barlowtwins", "barlowtwins", "none", "none"]
    assert plan.flops > 0
    assert plan.memory_bytes > 1e8


def test_done_failed_and_missing(design: Design, finished: Store) -> None:
    sweep = design()
    assert counts(made(sweep, finished)) == (4, 0, 0, 0)
    fail(finished, sweep.cells[0], "failed")
    fail(finished, sweep.cells[1], "diverged")
    assert counts(made(sweep, finished)) == (3, 1, 0, 0)
    retrying = made(sweep, finished, retry_failed=True)
    assert counts(retrying) == (3, 0, 0, 1)
    assert retrying.tasks[0].trial_ids == (sweep.cells[0].config.trial_id,)


def test_a_trial_whose_stage_is_done_is_only_assembled(design: Design, finished: Store) -> None:
    cell = design().cells[0]
    forget(finished, cell.config.trial_id)
    plan = made(design(), finished)
    assert counts(plan) == (3, 0, 1, 0)
    assert plan.to_assemble == [cell]


def test_another_level_adds_only_its_own_cells(design: Design, finished: Store) -> None:
    plan = made(design(seed=[0, 1, 2]), finished)
    assert counts(plan) == (4, 0, 0, 2)
    assert {task.config["seed"] for task in plan.tasks} == {2}


def test_trials_with_the_same_stage_wait_for_one_task(design: Design) -> None:
    sweep = design()
    twice = dataclasses.replace(sweep, cells=(*sweep.cells, sweep.cells[0]))
    plan = made(twice, None)
    assert plan.trials_to_run == 5
    assert len(plan.tasks) == 4
    assert Counter(len(task.trial_ids) for task in plan.tasks) == {2: 1, 1: 3}


@pytest.mark.parametrize("table_row_exists", [True, False])
def test_changed_data_is_refused(design: Design, finished: Store, table_row_exists: bool) -> None:
    if not table_row_exists:
        shutil.rmtree(finished.path / "trials")
    data = load_dataset("ItalyPowerDemand")
    other = dataclasses.replace(data, train=data.train + 1)
    with pytest.raises(DataError, match=rf"ItalyPowerDemand: the files have changed .* stored {data.checksum()}"):
        make_plan(design(), finished, {"ItalyPowerDemand": other})


def test_a_damaged_stage_is_named_and_to_run_again(design: Design, finished: Store) -> None:
    stage = design().cells[0].config.stage1_id
    forget(finished, design().cells[0].config.trial_id)
    (finished.path / "stages" / stage / "record.json").write_text(json.dumps({"metrics": {}})[:-1])
    plan = made(design(), finished)
    assert [task.stage_id for task in plan.tasks] == [stage]
    (damage,) = plan.damaged
    assert damage.startswith(f"stages/{stage}: damaged")


@pytest.mark.parametrize("lost", ["record.json", "history.json", "model.safetensors"])
def test_a_done_trial_of_which_a_file_is_lost_is_work_to_do(design: Design, finished: Store, lost: str) -> None:
    stage = design().cells[0].config.stage1_id
    (finished.path / "stages" / stage / lost).unlink()
    assert counts(made(design(), finished)) == (3, 0, 0, 1)


def test_trials_whose_history_is_lost_are_assembled_again(design: Design, finished: Store) -> None:
    shutil.rmtree(finished.path / "history")
    assert counts(made(design(), finished)) == (0, 0, 4, 0)


def test_expected_rate_is_measured(design: Design, finished: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = design()
    datasets = load_datasets(sweep, None)
    assert measured_rate("stage1", made(sweep, None), None, datasets) is None
    for cell in sweep.cells:
        record = finished.read_stage(cell.config.stage1_id)
        seconds = expected_cost("stage1", cell.config, datasets["ItalyPowerDemand"]).flops / 7e9
        finished.write_stage(
            cell.config.stage1_id, dataclasses.replace(record, timings={"seconds": seconds}), writing(b"")
        )
    assert measured_rate("stage1", made(sweep, finished), finished, datasets) == pytest.approx(7e9)
    other = made(design(epochs=3), finished)
    assert measured_rate("stage1", other, finished, datasets) is None
    longest = max(task.flops for task in other.tasks)
    monkeypatch.setattr("orchestrator.planning.estimate._product_rate", lambda: 1e10)
    assert expected_time(other, finished, datasets, 1) == (pytest.approx(other.flops / 4e9), False)
    assert expected_time(other, finished, datasets, 100) == (pytest.approx(longest / 4e9), False)
    cell = sweep.cells[0].config
    forget(finished, cell.trial_id)
    shutil.rmtree(finished.path / "stages" / cell.stage1_id)
    lacking = made(sweep, finished)
    assert expected_time(lacking, finished, datasets, 1) == (pytest.approx(lacking.flops / 7e9), True)
