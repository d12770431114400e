"""What stages keep for figures: written by a launch, left out, made later, and verified as everything in a store."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.launching.examples import make_examples
from orchestrator.store import DamagedError, Store
from orchestrator.store.check import check
from orchestrator.store.examples import SCHEMA, Shown, write_examples
from orchestrator.store.repair import repair
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.stage2 import tiny2
from tests.orchestrator.tables import rows_of

pytestmark = pytest.mark.whole

LARGEST = 100_000
"""Bytes of a stage's file."""


def values(examples: pa.Table, what: Shown) -> np.ndarray:
    rows = examples.to_pandas()
    return np.stack(list(rows.loc[rows["what"] == what, "values"])).astype(np.float64)


def test_a_launch_keeps_them_and_they_agree_with_the_numbers(finished2_folder: Path) -> None:
    store = Store(finished2_folder)
    for row in rows_of(finished2_folder).values():
        codes, samples = (store.stage(row[f"{stage}_id"]).examples() for stage in ("stage1", "samples"))
        assert codes is not None
        assert samples is not None
        assert codes.schema.names == samples.schema.names == SCHEMA.names
        scores = codes.to_pandas().loc[lambda rows: rows["what"] == Shown.CODE, "score"]
        assert len(scores) == 500  # of 1,029 series of TEST
        assert abs(scores.mean() - row["class_separation"]) < 0.1
        real, generated = (values(samples, what) for what in (Shown.REAL_SPECTRUM, Shown.GENERATED_SPECTRUM))
        assert np.sqrt(np.mean((generated - real) ** 2)) == pytest.approx(row["psd_distance"], rel=1e-4)
        assert len(values(samples, Shown.GENERATED)) == len(values(samples, Shown.NEIGHBOUR)) == 4
        assert store.stage(row["samples_id"]).examples_path.stat().st_size < LARGEST
        assert store.stage(row["stage1_id"]).examples_path.stat().st_size < LARGEST


def test_what_was_left_out_is_made_later_from_the_weights(finished2: Store, tmp_path: Path) -> None:
    kept = {path: path.read_bytes() for path in finished2.path.rglob("examples.parquet")}
    for path in kept:
        path.unlink()
    said: list[str] = []
    tiny2(tmp_path)
    assert make_examples(finished2, "tiny2", None, said.append) == len(kept) == 3
    assert said == ["tiny2: making what figures show of 3 stages"]
    assert {path: path.read_bytes() for path in finished2.path.rglob("examples.parquet")} == kept
    assert make_examples(finished2, "tiny2", None, said.append) == 0
    assert check(finished2).is_sound


def test_a_stage_without_sound_weights_is_told_and_left_out(finished2: Store) -> None:
    row = next(iter(rows_of(finished2.path).values()))
    for path in finished2.path.rglob("examples.parquet"):
        path.unlink()
    model = finished2.stage(row["stage1_id"]).model_path
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    said: list[str] = []
    assert make_examples(finished2, "tiny2", None, said.append) == 0
    assert said[1].startswith(f"stages/{row['stage1_id']} has nothing for figures: stages/{row['stage1_id']}/model")
    assert len(said) == 4


def test_no_samples_leaves_them_out_and_changes_no_id(tmp_path: Path, design: Design, run_here: Launch) -> None:
    sweep = design(ssl=["none"], seed=[0], epochs=1)
    summary, _ = run_here(sweep, tmp_path / "store", examples=False)
    assert summary.exit_code == 0
    store = Store(tmp_path / "store")
    assert store.stage_ids() == [sweep.cells[0].config.stage1_id]
    assert not store.stage(store.stage_ids()[0]).has_examples
    assert check(store).is_sound


def test_damage_is_found_and_costs_no_stage(finished2: Store, tmp_path: Path, run_here: Launch) -> None:
    row = next(iter(rows_of(finished2.path).values()))
    folder = finished2.stage(row["samples_id"])
    content = bytearray(folder.examples_path.read_bytes())
    content[len(content) // 2] ^= 1
    folder.examples_path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"examples.parquet: damaged.*with-samples"):
        folder.examples()
    found = check(finished2)
    assert [each.path for each in found.damaged] == [folder.examples_path]
    again = Path(shutil.copytree(finished2.path, tmp_path / "again"))
    repair(finished2, found)
    assert check(finished2).is_sound
    assert not folder.has_examples
    summary, printed = run_here(tiny2(tmp_path), again, retry_failed=True)
    assert summary.exit_code == 0
    assert f"set aside as damaged/stages/{row['samples_id']}/examples.parquet" in printed
    assert "done " not in printed  # nothing is trained
    assert make_examples(Store(again), "tiny2", None, lambda line: None) == 1


def test_those_of_other_weights_are_not_taken(finished: Store) -> None:
    folder = finished.stage(finished.stage_ids()[0])
    assert folder.examples() is not None
    write_examples(folder.examples_path, [], "0" * 16)
    assert folder.examples() is None


def test_views_are_drawn_before_anything_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["views", "ItalyPowerDemand", "--augmentations", "warp", "--augmentations", "flip"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "ItalyPowerDemand-views.png").read_bytes().startswith(b"\x89PNG")
    wrong = CliRunner().invoke(app, ["views", "ItalyPowerDemand", "--augmentations", "wrap"])
    assert wrong.exit_code == 2
    assert "warp" in wrong.output
    assert not list(tmp_path.glob("store.json"))


def test_the_sets_of_the_command_are_those_of_the_study() -> None:
    from ncvq_core.augmentations import STUDY_SETS
    from ncvq_core.config.tokenizer import augmentations_text

    written = {augmentations_text(cell.config.stage1.augmentations) for cell in load_sweep("main").cells}
    assert {"+".join(names) for names in STUDY_SETS.values()} == written - {""}
