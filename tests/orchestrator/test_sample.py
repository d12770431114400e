"""`ncvq sample`: series of a finished trial as a table, and one-line refusals."""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from orchestrator.sample import MADE_BY
from orchestrator.store import Store
from tests.orchestrator.stage2 import DATASET, tiny2
from tests.orchestrator.test_cli import ncvq, refusal


@pytest.fixture
def trial(tmp_path: Path) -> str:
    return tiny2(tmp_path).cells[0].config.trial_id


def test_series_are_rows(finished2: Store, trial: str, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    result = ncvq("sample", trial[:6], "-n", "5", "--out", out, "--store", finished2.path)
    assert (result.exit_code, result.stdout) == (0, f"5 series: {out}\n")
    table = pd.read_parquet(out)
    assert list(table.columns) == ["sample", "class", "channel_0"]
    assert table["sample"].tolist() == [0, 1, 2, 3, 4]
    assert table["class"].isna().all()
    assert {len(values) for values in table["channel_0"]} == {24}
    origin = json.loads(pq.read_schema(out).metadata[MADE_BY])
    assert origin == {"trial_id": trial, "count": 5, "label": None, "seed": 0, "guidance_scale": None}


def test_class_seed_and_guidance_change_the_series(finished2: Store, trial: str, tmp_path: Path) -> None:
    def values(*options: str) -> list[list[float]]:
        out = tmp_path / "samples.parquet"  # replaced each time
        assert ncvq("sample", trial, "-n", "4", "--out", out, "--store", finished2.path, *options).exit_code == 0
        table = pd.read_parquet(out)
        assert set(table["class"].dropna()) == ({"2"} if "--class" in options else set())
        return [list(row) for row in table["channel_0"]]

    first = values("--class", "2")
    assert values("--class", "2") == first
    assert values("--class", "2", "--seed", "1") != first
    assert values("--class", "2", "--guidance-scale", "9") != first
    assert values() != first


def test_refusals_are_one_line(finished2: Store, finished_folder: Path, trial: str, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    given = ("sample", trial, "--out", out, "--store", finished2.path)
    line = refusal(*given, "--class", "3")
    assert line.startswith(f"ncvq: unknown class of {DATASET} '3'")
    assert line.endswith("valid: 1, 2")
    plain = Store(finished_folder).trial_ids()[0]
    line = refusal("sample", plain, "--out", out, "--store", finished_folder)
    assert line == f"ncvq: trial {plain} has no prior to sample from: its sweep stops at stage 1 (see stages: 2)"
    out.write_text("a thesis")
    assert "exists and was not written by `ncvq sample`" in refusal(*given)
    assert out.read_text() == "a thesis"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is a folder; name a file in it, such as"),
        ("samples.csv", "series are written as Parquet; name the file"),
        ("samples", "series are written as Parquet; name the file"),
        ("deep/samples.parquet", "there is no folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_drawn(
    finished2: Store, trial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr("orchestrator.sample.load_generator", pytest.fail)
    out = tmp_path / "out" / name
    (tmp_path / "out").mkdir()
    line = refusal("sample", trial, "--out", out, "--store", finished2.path)
    assert line.startswith(f"ncvq: --out {out}: {words}")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("options", [("-n", "0"), ("--seed", str(2**64)), ("--seed", "-1")])
def test_numbers_out_of_range_are_usage_errors(
    finished2: Store, trial: str, tmp_path: Path, options: list[str]
) -> None:
    out = tmp_path / "samples.parquet"
    result = ncvq("sample", trial, "--out", out, "--store", finished2.path, *options)
    assert result.exit_code == 2
    assert "Invalid value" in result.stderr
    assert not out.exists()


def test_a_trial_that_failed_has_no_series(finished2: Store, trial: str, tmp_path: Path) -> None:
    row = finished2.read_trial(trial)
    assert row is not None
    finished2.write_trial(row | {"status": "failed", "error": "stage1: no luck"}, [])
    line = refusal("sample", trial, "--out", tmp_path / "x.parquet", "--store", finished2.path)
    assert line == f"ncvq: trial {trial} is failed, not done: stage1: no luck"
