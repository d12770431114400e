"""`ncvq sample`: series of a finished trial as a table, and one-line refusals."""

import errno
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from ncvq_core.data import Scaling
from ncvq_core.prior.series_sampler import BATCH, Generator
from orchestrator.cli.sample import AT_ONCE, MADE_BY, SampleOptions, _schema, samples_table, write_samples
from orchestrator.store import Store
from orchestrator.store.errors import StoreError
from tests.orchestrator.stage2 import DATASET, tiny2
from tests.orchestrator.tables import forget
from tests.orchestrator.test_cli import ncvq, refusal

pytestmark = pytest.mark.whole


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
    assert origin == {"trial_id": trial, "count": 5, "label": None, "seed": 0, "guidance_scale": 1.0}, (
        "the trial's scale"
    )


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


def test_a_class_is_found_by_any_text_for_its_number(finished2: Store, trial: str, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    tables = []
    for label in ("2", "2.0", " 02"):
        assert (
            ncvq("sample", trial, "-n", "2", "--out", out, "--store", finished2.path, "--class", label).exit_code == 0
        )
        tables.append(pd.read_parquet(out))
        assert json.loads(pq.read_schema(out).metadata[MADE_BY])["label"] == "2"
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_series_that_need_float64_are_written_in_it() -> None:
    far = Scaling(mean=(1.7e9, 0.0), standard_deviation=(3.5, 1.0))
    series = far.undo(torch.randn(3, 2, 8, generator=torch.Generator().manual_seed(0)))
    table = samples_table(series, None, 0, _schema(2, {}, far))
    assert table.schema.field("channel_0").type == pa.list_(pa.float64())
    assert table["channel_0"].to_pylist() == series[:, 0].tolist()


def test_the_guidance_scale_given_is_recorded(finished2: Store, trial: str, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    given = ("--class", "1", "--guidance-scale", "2.5", "-n", "1")
    assert ncvq("sample", trial, "--out", out, "--store", finished2.path, *given).exit_code == 0
    assert json.loads(pq.read_schema(out).metadata[MADE_BY])["guidance_scale"] == 2.5


@pytest.mark.parametrize("label", [None, "2"])
def test_series_drawn_in_parts_are_those_drawn_at_once(
    finished2: Store, trial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str | None
) -> None:
    """Values, types and order of the columns; `AT_ONCE` is a multiple of what the generator draws at once."""
    drawn: list[Tensor] = []
    sample = Generator.sample

    def recorded(generator: Generator, labels: Tensor, draws: torch.Generator) -> Tensor:
        drawn.append(sample(generator, labels, draws))
        return drawn[-1]

    monkeypatch.setattr(Generator, "sample", recorded)
    out, options = tmp_path / "samples.parquet", SampleOptions(count=600, label=label, seed=3)
    write_samples(finished2, trial, options, out, None)
    at_once, table = drawn.pop(), pq.read_table(out)
    assert len(at_once) == 600
    assert AT_ONCE % BATCH == 0
    monkeypatch.setattr("orchestrator.cli.sample.AT_ONCE", BATCH)
    write_samples(finished2, trial, options, out, None)
    assert [len(part) for part in drawn] == [256, 256, 88]
    assert torch.equal(torch.cat(drawn), at_once)
    assert pq.read_table(out).equals(table, check_metadata=True)
    rows = {
        "sample": pa.array(range(600), pa.int64()),
        "class": pa.array([label] * 600, pa.string()),
        "channel_0": pa.array(at_once[:, 0].tolist(), pa.list_(pa.float32())),
    }
    assert table.equals(pa.table(rows))


def test_each_channel_is_a_column() -> None:
    series = torch.arange(24.0).view(4, 2, 3)
    schema = _schema(2, {})
    table = samples_table(series, "a", 10, schema)
    assert table.schema == schema
    assert table["sample"].to_pylist() == [10, 11, 12, 13]
    assert [table[f"channel_{channel}"].to_pylist() for channel in (0, 1)] == series.transpose(0, 1).tolist()


def test_a_failure_in_the_middle_leaves_the_old_file(
    finished2: Store, trial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "samples.parquet"
    write_samples(finished2, trial, SampleOptions(count=1), out, None)
    before, sample = out.read_bytes(), Generator.sample

    def fail_late(generator: Generator, labels: Tensor, draws: torch.Generator) -> Tensor:
        if len(labels) < BATCH:
            raise OSError(errno.ENOSPC, "no space")
        return sample(generator, labels, draws)

    monkeypatch.setattr(Generator, "sample", fail_late)
    monkeypatch.setattr("orchestrator.cli.sample.AT_ONCE", BATCH)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        write_samples(finished2, trial, SampleOptions(count=BATCH + 1), out, None)
    assert out.read_bytes() == before
    assert list(folder.iterdir()) == [out]


def test_refusals_are_one_line(finished2: Store, finished_folder: Path, trial: str, tmp_path: Path) -> None:
    out = tmp_path / "samples.parquet"
    given = ("sample", trial, "--out", out, "--store", finished2.path)
    line = refusal(*given, "--class", "3")
    assert line.startswith(f"ncvq: unknown class of {DATASET} '3'")
    assert line.endswith("valid: 1, 2")
    line = refusal(*given, "--guidance-scale", "2")
    assert line == "ncvq: --guidance-scale weighs the class of the series: give one with --class"
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
    monkeypatch.setattr("orchestrator.cli.sample.load_generator", pytest.fail)
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


def test_an_empty_id_is_no_trial_even_where_there_is_one_only(finished2: Store, trial: str, tmp_path: Path) -> None:
    for other in set(finished2.trial_ids()) - {trial}:
        forget(finished2, other)
    assert finished2.trial_ids() == [trial]
    line = refusal("sample", "", "--out", tmp_path / "x.parquet", "--store", finished2.path)
    assert line == "ncvq: TRIAL is empty: give the id of a trial, or its first digits"


def test_a_trial_that_failed_has_no_series(finished2: Store, trial: str, tmp_path: Path) -> None:
    row = finished2.read_trial(trial)
    assert row is not None
    finished2.write_trial(row | {"status": "failed", "error": "stage1: no luck"}, [])
    line = refusal("sample", trial, "--out", tmp_path / "x.parquet", "--store", finished2.path)
    assert line == f"ncvq: trial {trial} is failed, not done: stage1: no luck"
