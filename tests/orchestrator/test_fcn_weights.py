"""Networks that judge samples, from elsewhere: taken into the store, or refused in one line before anything starts."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from ncvq_core.config import fcn_id
from ncvq_core.errors import CheckpointError, ConfigError, DataError
from ncvq_core.fcn.network import TEST_FEATURES
from orchestrator.launching.judges import read_weights, remarks
from orchestrator.launching.launch import launch
from orchestrator.launching.options import LaunchOptions
from orchestrator.planning.plan import load_datasets
from orchestrator.store import Store
from orchestrator.store.errors import StoreError
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.stage2 import DATASET, TINY2, tiny2, tiny2_file
from tests.orchestrator.tables import written_at

pytestmark = pytest.mark.whole


@pytest.fixture
def weights(finished2_folder: Path, tmp_path: Path) -> Path:
    """A folder with the network that another store trained."""
    folder = tmp_path / "weights"
    folder.mkdir()
    tensors = load_file(Store(finished2_folder).sound_model(fcn_id(DATASET)).path)
    del tensors[TEST_FEATURES]
    torch.save(tensors, folder / f"{DATASET}.ckpt")
    return folder


def test_a_given_network_judges(run_here: Launch, weights: Path, tmp_path: Path, finished2_folder: Path) -> None:
    sweep = tiny2(tmp_path, token_embedding=["learned"])
    summary, printed = run_here(sweep, tmp_path / "s", fcn_weights=weights)
    assert summary.exit_code == 0
    assert "fcn" not in printed
    store = Store(tmp_path / "s")
    record = store.read_stage(fcn_id(DATASET))
    assert record.details["fcn"].startswith(f"{DATASET}.ckpt ")
    models = [load_file(each.sound_model(fcn_id(DATASET)).path) for each in (store, Store(finished2_folder))]
    torch.testing.assert_close(*models)
    assert TEST_FEATURES in models[0]
    assert record.metrics["fcn_accuracy"] == Store(finished2_folder).read_stage(fcn_id(DATASET)).metrics["fcn_accuracy"]
    row = store.read_trial(sweep.cells[0].config.trial_id)
    assert row is not None
    assert row["fcn"] == record.details["fcn"]
    before = written_at(store.path)
    assert run_here(sweep, tmp_path / "s", fcn_weights=weights) == (summary, "")
    assert written_at(store.path) == before


def test_a_dataset_without_a_file_is_named(weights: Path, tmp_path: Path) -> None:
    text = TINY2.replace(f"dataset: {DATASET}, ", "").replace("[0]", f"[0]\n  dataset: [GunPoint, {DATASET}]")
    (tmp_path / "two.yaml").write_text(text)
    sweep = load_sweep(tmp_path / "two.yaml")
    given = read_weights(weights, sweep, load_datasets(sweep, None))
    assert [each.file for each in given] == [f"{DATASET}.ckpt"]
    words = f"{weights} holds no FCN of GunPoint: the store's is used, or one is trained"
    assert remarks(given, weights, sweep) == [words]


def test_a_folder_with_networks_of_other_datasets_alone_starts(weights: Path, tmp_path: Path) -> None:
    from tests.orchestrator.test_cli import ncvq

    (weights / f"{DATASET}.ckpt").rename(weights / "FordA.ckpt")
    sweep = tiny2(tmp_path)
    given = read_weights(weights, sweep, load_datasets(sweep, None))
    assert given == []
    (words,) = remarks(given, weights, sweep)
    assert words == f"{weights} holds no FCN of {DATASET}: the store's is used, or one is trained"
    planned = ncvq("plan", tiny2_file(tmp_path), "--store", tmp_path / "s", "--fcn-weights", weights)
    assert planned.exit_code == 0
    assert "FCN runs: 1 (shared: 1)" in planned.stdout
    assert words in planned.stdout


def test_a_network_that_knows_nothing_of_the_data_is_named(weights: Path, tmp_path: Path) -> None:
    sweep = tiny2(tmp_path)
    datasets = load_datasets(sweep, None)
    assert remarks(read_weights(weights, sweep, datasets), weights, sweep) == []
    path = weights / f"{DATASET}.ckpt"
    torch.save({name: torch.zeros_like(value) for name, value in torch.load(path).items()}, path)
    (words,) = remarks(read_weights(weights, sweep, datasets), weights, sweep)
    assert re.fullmatch(
        rf"{path.name} classifies \d\d\.\d% of TEST, and its commonest class is 50\.1%: "
        rf"are these weights of another dataset than {DATASET}\?",
        words,
    )


def refused(error: type[Exception], match: str, sweep: Sweep, store: Path, folder: Path) -> None:
    with pytest.raises(error, match=match) as caught:
        launch(sweep, LaunchOptions(store=store, workers=0, fcn_weights=folder), Console(file=StringIO()))
    assert "\n" not in str(caught.value)


def test_another_network_than_the_stores(finished2: Store, weights: Path, tmp_path: Path) -> None:
    tensors = torch.load(weights / f"{DATASET}.ckpt")
    (weights / f"{DATASET}.ckpt").unlink()
    changed = {name: value + 0.5 if value.is_floating_point() else value for name, value in tensors.items()}
    torch.save(changed, weights / f"{DATASET}.ckpt")
    before = written_at(finished2.path)
    message = (
        rf"^{DATASET}: the store's samples are judged by another FCN \(trained \w{{8}}\) than .*use another --store$"
    )
    sweep = tiny2(tmp_path, token_embedding=["codebook_frozen"])
    refused(StoreError, message, sweep, finished2.path, weights)
    assert written_at(finished2.path) == before


@pytest.mark.parametrize("content", ["text", "other tensors", "no tensors", "other classes"])
def test_weights_that_do_not_fit_start_nothing(weights: Path, tmp_path: Path, content: str) -> None:
    file = weights / f"{DATASET}.ckpt"
    tensors = torch.load(file)
    written: dict[str, Any] = {
        "other tensors": {"weight": torch.zeros(2)},
        "no tensors": [1, 2],
        "other classes": {
            name: torch.cat([value, value]) if "final" in name else value for name, value in tensors.items()
        },
    }
    if content == "text":
        file.write_text("no weights")
    else:
        torch.save(written[content], file)
    refused(CheckpointError, f"^{file}: ", tiny2(tmp_path), tmp_path / "s", weights)
    assert not (tmp_path / "s").exists()


def test_a_folder_without_networks_starts_nothing(tmp_path: Path, design: Design) -> None:
    sweep = tiny2(tmp_path)
    refused(DataError, "absent: no such folder", sweep, tmp_path / "s", tmp_path / "absent")
    refused(ConfigError, f"holds no NAME.ckpt, such as {DATASET}.ckpt$", sweep, tmp_path / "s", tmp_path)
    refused(ConfigError, "sweep tiny draws no samples to judge", design(), tmp_path / "s", tmp_path)
    assert not (tmp_path / "s").exists()


def test_plan_counts_a_given_network_as_done(weights: Path, tmp_path: Path) -> None:
    from tests.orchestrator.test_cli import ncvq

    file = tiny2_file(tmp_path)
    arguments = ("plan", file, "--store", tmp_path / "s")
    assert "FCN runs: 1 (shared: 1)" in ncvq(*arguments).stdout
    assert "FCN runs" not in ncvq(*arguments, "--fcn-weights", weights).stdout
