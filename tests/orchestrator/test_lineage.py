"""A stage is only taken for that of a trial together with the weights that it was made from."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.store.errors import StoreError
from tests.orchestrator.conftest import Launch
from tests.orchestrator.stage2 import tiny2
from tests.orchestrator.tables import forget, writing

pytestmark = pytest.mark.whole


def test_records_name_the_weights_that_stages_were_made_from(finished2: Store, tmp_path: Path) -> None:
    config = tiny2(tmp_path).cells[0].config
    assert config.stage2_id is not None
    checksum = finished2.read_stage(config.stage1_id).model_checksum
    assert finished2.read_stage(config.stage2_id).needed == {config.stage1_id: checksum}


def other_weights(model: bytes) -> bytes:
    return model[:-1] + bytes([model[-1] ^ 1])


def test_a_stage_made_from_other_weights_is_refused(finished2: Store, tmp_path: Path) -> None:
    sweep = tiny2(tmp_path)
    config = sweep.cells[0].config
    forget(finished2, config.trial_id)
    record, model = finished2.read_stage(config.stage1_id), finished2.sound_model(config.stage1_id)
    finished2.write_stage(config.stage1_id, record, writing(other_weights(model.path.read_bytes())))
    words = f"{config.stage2_id}: made from other weights of stage {config.stage1_id} than the store holds"
    with pytest.raises(StoreError, match=words):
        make_plan(sweep, finished2, load_datasets(sweep, None))


def spoilt(write_model: Callable[[Path], str]) -> Callable[[Path], str]:
    """Write other weights than asked for."""

    def write(path: Path) -> str:
        write_model(path)
        return writing(other_weights(path.read_bytes()))(path)

    return write


@pytest.mark.parametrize("same", [True, False])
def test_a_stage_that_was_deleted_must_come_out_as_before(
    finished2: Store, tmp_path: Path, run_here: Launch, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    sweep = tiny2(tmp_path, token_embedding=["learned"])
    config = sweep.cells[0].config
    forget(finished2, config.trial_id)
    shutil.rmtree(finished2.path / "stages" / config.stage1_id)
    if not same:
        write = Store.write_stage
        monkeypatch.setattr(
            Store,
            "write_stage",
            lambda store, key, record, model, *more: write(store, key, record, spoilt(model), *more),
        )
    summary, _ = run_here(sweep, finished2.path)
    assert summary.exit_code == (0 if same else 1)
    if not same:
        ((_, error),) = summary.failures.values()
        assert "made from other weights of stage" in error
        assert error.endswith("`ncvq resume` sets it aside and runs it again")
        monkeypatch.undo()
        summary, printed = run_here(sweep, finished2.path, retry_failed=True)
        assert summary.exit_code == 0
        assert f"set aside as damaged/stages/{config.stage2_id}" in printed
