"""A stage is only taken for that of a trial together with the weights that it was made from."""

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from safetensors.torch import load_file

from orchestrator.errors import StoreError
from orchestrator.plan import load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.tensor_file import write_tensors
from tests.orchestrator.conftest import Launch
from tests.orchestrator.stage2 import tiny2


def test_records_name_the_weights_that_stages_were_made_from(finished2: Store, tmp_path: Path) -> None:
    config = tiny2(tmp_path).cells[0].config
    assert config.stage2_id is not None
    checksum = finished2.read_stage(config.stage1_id).model_checksum
    assert finished2.read_stage(config.stage2_id).needed == {config.stage1_id: checksum}


def other_weights(write_model: Callable[[Path], str], path: Path) -> str:
    """Write a model, and change its last bit."""
    write_model(path)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_stage_made_from_other_weights_is_refused(finished2: Store, tmp_path: Path) -> None:
    sweep = tiny2(tmp_path)
    config = sweep.cells[0].config
    (finished2.path / "trials" / f"{config.trial_id}.parquet").unlink()
    tensors = load_file(finished2.sound_model(config.stage1_id).path)
    write = partial(other_weights, partial(write_tensors, tensors=tensors))
    finished2.write_stage(config.stage1_id, finished2.read_stage(config.stage1_id), write)
    words = f"{config.stage2_id}: made from other weights of stage {config.stage1_id} than the store holds"
    with pytest.raises(StoreError, match=words):
        make_plan(sweep, finished2, load_datasets(sweep, None))


@pytest.mark.parametrize("same", [True, False])
def test_a_stage_that_was_deleted_must_come_out_as_before(
    finished2: Store, tmp_path: Path, run_here: Launch, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    sweep = tiny2(tmp_path, token_embedding=["learned"])
    config = sweep.cells[0].config
    (finished2.path / "trials" / f"{config.trial_id}.parquet").unlink()
    shutil.rmtree(finished2.path / "stages" / config.stage1_id)
    if not same:
        write = Store.write_stage
        monkeypatch.setattr(
            Store,
            "write_stage",
            lambda store, key, record, model: write(store, key, record, partial(other_weights, model)),
        )
    summary, _ = run_here(sweep, finished2.path)
    assert summary.exit_code == (0 if same else 1)
    if not same:
        ((_, error),) = summary.failures.values()
        assert "made from other weights of stage" in error
        assert error.endswith("delete this folder too, and resume")
