"""Damage to a store: never a wrong number, always made again."""

import random
import shutil
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from orchestrator.cli.status import print_status
from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.store import Store, StoreError
from orchestrator.store.parts import part_files
from orchestrator.sweepfile.sweep import Sweep
from reports import ReportError
from reports.read_store import Results, read_results
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.stage2 import tiny2
from tests.orchestrator.tables import history_of, rows_of, trials_table

pytestmark = pytest.mark.whole

NUMBERS = ("trials", "history", "stages", "sweeps", "store.json")
"""What numbers come from."""


def files_with_numbers(store: Path) -> list[Path]:
    return sorted(path for name in NUMBERS for path in (store / name, *(store / name).rglob("*")) if path.is_file())


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def read(store: Path, sweep: Sweep) -> tuple[str, Results]:
    """What `ncvq status` and a report say."""
    printed = StringIO()
    print_status(sweep, Store(store), Console(file=printed, width=200))
    return printed.getvalue(), read_results(store, sweep.name)


@pytest.mark.thorough
def test_no_flipped_bit_changes_a_number_unnoticed(finished2_folder: Path, tmp_path: Path) -> None:
    """Weights and the rest of a store: each flip is found where the file is read, or the numbers are as before."""
    sweep, rng, store = tiny2(tmp_path), random.Random(7), tmp_path / "store"
    shutil.copytree(finished2_folder, store)
    status, results = read(store, sweep)
    records = {stage_id: Store(store).read_stage(stage_id) for stage_id in Store(store).stage_ids()}
    found = 0
    for _ in range(150):
        path = rng.choice(files_with_numbers(store))
        whole = path.read_bytes()
        flip(path, rng.randrange(8 * len(whole)))
        try:
            now, seen = read(store, sweep)
            assert now == status
            pd.testing.assert_frame_equal(seen.cells, results.cells)
            pd.testing.assert_frame_equal(seen.history, results.history)
            for stage_id, record in records.items():
                assert Store(store).read_stage(stage_id) == record
                Store(store).sound_model(stage_id)
                Store(store).stage(stage_id).examples()
            raise AssertionError(f"unnoticed in {path}")
        except (StoreError, ReportError):
            found += 1
        except AssertionError:
            assert "damaged" in now, path
            found += 1
        path.write_bytes(whole)
    assert found == 150


@pytest.mark.parametrize("part", ["trials", "history"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty", "gone"])
def test_a_damaged_table_is_made_again_from_the_stages(
    finished: Store, design: Design, run_here: Launch, finished_folder: Path, part: str, how: str
) -> None:
    (path,) = part_files(finished.path / part)
    damage(path, how)
    stages = finished.stage_ids()
    summary, printed = run_here(design(), finished.path)
    assert (summary.exit_code, summary.finished) == (0, 4)
    assert ("set aside" in printed) == (how != "gone")
    assert "stage1" not in printed  # nothing is trained
    assert finished.stage_ids() == stages
    assert trials_table(finished.path).equals(trials_table(finished_folder))
    assert history_of(finished.path).equals(history_of(finished_folder))


@pytest.mark.parametrize("name", ["record.json", "history.json", "model.safetensors"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty", "gone"])
def test_resume_runs_a_damaged_stage_again_and_nothing_else(
    finished: Store, design: Design, run_here: Launch, finished_folder: Path, name: str, how: str
) -> None:
    stage_id = design().cells[0].config.stage1_id
    others = {key: row for key, row in rows_of(finished.path).items() if row["stage1_id"] != stage_id}
    damage(finished.stage(stage_id).path / name, how)
    summary, printed = run_here(design(), finished.path, retry_failed=True)
    assert (summary.exit_code, summary.finished) == (0, 4)
    assert printed.count("done ") == 1
    if (name, how) != ("record.json", "gone"):  # then it was never finished
        assert f"set aside as damaged/stages/{stage_id}" in printed
    assert rows_of(finished.path).items() >= others.items()
    assert trials_table(finished.path).equals(trials_table(finished_folder))
    again, printed = run_here(design(), finished.path, retry_failed=True)
    assert (again.finished, printed) == (4, "")


def damage(path: Path, how: str) -> None:
    size = path.stat().st_size
    if how == "flip":
        flip(path, 4 * size)
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: size // 2 if how == "cut" else 0])


def test_a_damaged_stage_that_others_were_made_from_leaves_them(
    finished2: Store, tmp_path: Path, run_here: Launch, finished2_folder: Path
) -> None:
    sweep = tiny2(tmp_path)
    flip(finished2.stage(sweep.cells[0].config.stage1_id).model_path, 100_001)
    plan = make_plan(sweep, finished2, load_datasets(sweep, None))
    assert len(plan.finished) == 2  # only resume looks at every byte of the weights
    summary, printed = run_here(sweep, finished2.path, retry_failed=True)
    assert summary.exit_code == 0, printed
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("done ")] == ["stage1"]
    assert trials_table(finished2.path).equals(trials_table(finished2_folder))


def test_a_second_damage_of_the_same_stage_is_kept_beside_the_first(
    finished: Store, design: Design, run_here: Launch
) -> None:
    stage_id = design().cells[0].config.stage1_id
    for _ in range(2):
        flip(finished.stage(stage_id).path / "record.json", 1000)
        run_here(design(), finished.path, retry_failed=True)
    assert len(list((finished.path / "damaged" / "stages").iterdir())) == 2
