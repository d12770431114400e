"""`ncvq check`: what it finds in a store, and what `--repair` makes of it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.execution import scratch
from orchestrator.store import Store
from orchestrator.store.check import check
from orchestrator.store.lock import exclusive
from orchestrator.store.parts import part_files, read_part, write_part
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import history_of, rows_of, trials_table, writing

pytestmark = pytest.mark.whole


def said(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *map(str, arguments)])
    return done.exit_code, done.output


def damaged(store: Store) -> list[str]:
    return [str(each.path.relative_to(store.path)) for each in check(store).damaged]


def test_a_sound_store(finished: Store) -> None:
    found = check(finished)
    assert found.is_sound
    assert (found.orphaned, found.left_over) == ({}, [])
    assert found.files == 2 + 4 * 4 + 2  # two tables, four stages, a sweep, a dataset
    code, output = said("--store", finished.path)
    assert code == 0
    assert "every byte is as it was written" in output


def test_each_kind_of_damage_is_found_and_repaired(
    finished: Store, design: Design, run_here: Launch, finished_folder: Path
) -> None:
    stages = [cell.config.stage1_id for cell in design().cells]
    for name, stage_id in zip(("model.safetensors", "history.json", "record.json"), stages, strict=False):
        path = finished.stage(stage_id).path / name
        path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    (finished.stage(stages[3]).path / "history.json").unlink()
    for path in (*part_files(finished.path / "history"), *part_files(finished.path / "sweeps")):
        path.write_bytes(path.read_bytes()[:-1])
    history = next(iter(part_files(finished.path / "history"))).name
    expected = [f"history/{history}", "sweeps/tiny.parquet", *(f"stages/{stage_id}" for stage_id in sorted(stages))]
    assert damaged(finished) == expected
    code, output = said("--store", finished.path)
    assert code == 1
    assert output.count("damaged: ") == 6
    assert " s of work" in output
    code, output = said("--repair", "--store", finished.path)
    assert code == 0
    assert output.count("set aside: ") == 6
    assert check(finished).damaged == []
    assert len(check(finished).lost) == 4 + 4  # stages and histories, until the launch
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert trials_table(finished.path).equals(trials_table(finished_folder))
    assert history_of(finished.path).equals(history_of(finished_folder))
    assert check(finished).is_sound


def test_what_a_killed_process_left_is_told_and_removed(finished: Store) -> None:
    remains = [
        finished.path / "trials" / ".part-0.parquet.1234abcd.tmp",
        finished.path / "running" / "0123456789ab.json",
        finished.path / "stages" / "0123456789ab" / "model.safetensors",
        finished.path / "checkpoints" / f"{finished.stage_ids()[0]}.safetensors",
        finished.path / "checkpoints" / "0123456789ab.unfit",
    ]
    for path in remains:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    with exclusive(finished.path, "a test"):
        assert "part-0" not in said("--store", finished.path)[1]  # somebody is about to rename it
        assert said("--repair", "--store", finished.path)[0] == 2
    code, output = said("--store", finished.path)
    assert code == 0
    assert output.count("left over: ") == 5
    assert said("--repair", "--store", finished.path)[1].count("removed: ") == 5
    assert not any(path.exists() for path in remains)
    assert check(finished).left_over == []


@pytest.mark.parametrize("content", [None, b"", b'{"schema": 3}'])
def test_a_lost_or_damaged_marker_is_written_anew(finished: Store, content: bytes | None) -> None:
    marker = finished.path / "store.json"
    before = marker.read_bytes()
    marker.unlink()
    if content is not None:
        marker.write_bytes(content)
    code, output = said("--store", finished.path)
    assert code == 1
    assert "`ncvq check --repair" in output
    assert said("--repair", "--store", finished.path)[0] == 0
    assert marker.read_bytes() == before


def test_a_store_copied_into_another_holds_each_trial_once(
    finished: Store, design: Design, run_here: Launch, tmp_path: Path
) -> None:
    """The other ran half of the same trials, and one more."""
    run_here(design(seed=[1, 2]), tmp_path / "other")
    mine, theirs = rows_of(finished.path), rows_of(tmp_path / "other")
    shutil.copytree(tmp_path / "other", finished.path, dirs_exist_ok=True)
    assert set(check(finished).repeated.values()) == {""}
    assert len(check(finished).repeated) == 2
    code, output = said("--repair", "--store", finished.path)
    assert code == 0
    assert output.count("one of 2 rows stays, they agree") == 2
    assert set(rows_of(finished.path)) == set(mine) | set(theirs)
    assert len(trials_table(finished.path)) == 6
    assert len(history_of(finished.path)) == 12
    assert check(finished).is_sound
    summary, printed = run_here(design(seed=[0, 1, 2]), finished.path)
    assert (summary.finished, printed.count("done ")) == (6, 0)


def test_rows_that_disagree_are_named_and_their_stages_decide(
    finished: Store, design: Design, run_here: Launch, finished_folder: Path
) -> None:
    (path,) = part_files(finished.path / "trials")
    rows = read_part(path)
    values = [value + 1 for value in rows.column("val_loss").to_pylist()]
    other = rows.set_column(rows.column_names.index("val_loss"), "val_loss", [values]).slice(0, 1)
    write_part(path.with_stem("part-other"), other)
    (trial_id,) = other.column("trial_id").to_pylist()
    assert check(finished).repeated == {trial_id: "val_loss"}
    code, output = said("--repair", "--store", finished.path)
    assert code == 0
    assert f"trial {trial_id}: one of 2 rows stays, they differ in val_loss" in output
    assert len(list((finished.path / "damaged" / "trials").iterdir())) == 2
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert trials_table(finished.path).equals(trials_table(finished_folder))


def test_a_stage_of_no_trial_is_told(finished: Store) -> None:
    record = finished.read_stage(finished.stage_ids()[0])
    finished.write_stage("0123456789ab", record, writing(b"weights"))
    assert check(finished).orphaned == {"stages/0123456789ab": "no trial has it"}


def test_temporary_folders_of_killed_launches_are_told_and_removed(
    finished: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_LONGEST_BASE", 1000)
    killed = tmp_path / "ncvq-killed"
    killed.mkdir()
    (killed / scratch.LOCK).touch()
    with scratch.scratch_folder() as alive:
        killed.mkdir()
        (killed / scratch.LOCK).touch()
        assert f"left over: {killed}" in said("--store", finished.path)[1]
        assert f"removed: {killed}" in said("--repair", "--store", finished.path)[1]
        assert not killed.exists()
        assert alive.exists()


def test_no_store(tmp_path: Path) -> None:
    for repair in ([], ["--repair"]):
        code, output = said(*repair, "--store", tmp_path)
        assert code == 2
        assert "no ncvq store here" in output


@pytest.mark.parametrize("gone", ["record.json", "folder", "history"])
def test_what_a_done_trial_had_and_is_gone_is_told_and_made_again(
    finished: Store, design: Design, run_here: Launch, finished_folder: Path, gone: str
) -> None:
    stage = finished.stage(design().cells[0].config.stage1_id).path
    if gone == "history":
        shutil.rmtree(finished.path / "history")
    elif gone == "folder":
        shutil.rmtree(stage)
    else:
        (stage / gone).unlink()
    code, output = said("--store", finished.path)
    assert code == 1
    assert ("damaged: " if gone == "record.json" else "lost: ") in output
    assert said("--repair", "--store", finished.path)[0] == 0
    assert stage.exists() == (gone == "history")
    assert (finished.path / "damaged" / "stages" / stage.name / "model.safetensors").exists() == (gone == "record.json")
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert trials_table(finished.path).equals(trials_table(finished_folder))
    assert history_of(finished.path).equals(history_of(finished_folder))
    assert check(finished).is_sound


@pytest.mark.parametrize("folder", ["trials", "history"])
def test_a_removed_table_is_made_again(finished: Store, design: Design, run_here: Launch, folder: str) -> None:
    before = trials_table(finished.path)
    shutil.rmtree(finished.path / folder)
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert trials_table(finished.path).equals(before)


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(
    finished: Store, design: Design, run_here: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.suffix == ".parquet":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(PermissionError):
        run_here(design(), finished.path)
    code, output = said("--repair", "--store", finished.path)
    assert code == 2
    assert "Permission denied" in output
    assert not (finished.path / "damaged").exists()
