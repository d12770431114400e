"""Publishing to Weights & Biases, checked with real offline runs whose files are read back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ncvq_core.errors import ConfigError
from ncvq_core.plugins import load_plugin
from orchestrator.launching.tracking import make_tracker, tracking_mode
from orchestrator.store import Store
from orchestrator.store.schema import METRICS
from tests.orchestrator.conftest import Design, Launch
from tests.plugin_files import nothing_stays, write_plugin

pytestmark = pytest.mark.whole

HEADER_BYTES, BLOCK_BYTES, RECORD_HEADER_BYTES = 7, 32768, 7
WHOLE, LAST = 1, 4


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


def messages(content: bytes) -> Iterator[bytes]:
    """Yield the messages of a .wandb file: LevelDB's log format, blocks of records that hold a message's parts."""
    assert content.startswith(b":W&B")
    offset, message = HEADER_BYTES, b""
    while offset < len(content):
        left_in_block = BLOCK_BYTES - offset % BLOCK_BYTES
        if left_in_block < RECORD_HEADER_BYTES:
            offset += left_in_block
            continue
        length, kind = int.from_bytes(content[offset + 4 : offset + 6], "little"), content[offset + 6]
        offset += RECORD_HEADER_BYTES
        message += content[offset : offset + length]
        offset += length
        if kind in (WHOLE, LAST):
            yield message
            message = b""


class OfflineRun:
    """What a .wandb file says of its run."""

    def __init__(self, path: Path) -> None:
        from wandb.proto import wandb_internal_pb2 as protocol

        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.exited = False
        for message in messages(path.read_bytes()):
            record = protocol.Record()
            record.ParseFromString(message)
            kind = record.WhichOneof("record_type")
            if kind == "run":
                self.id, self.group, self.project = record.run.run_id, record.run.run_group, record.run.project
                self.config |= self._values(record.run.config.update)
            elif kind == "summary":
                self.summary |= self._values(record.summary.update)
            elif kind == "history":
                self.history.append({**self._values(record.history.item), "step": record.history.step.num})
            self.exited |= kind == "exit"

    @staticmethod
    def _values(items: Any) -> dict[str, Any]:
        return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def runs(store: Store) -> dict[str, OfflineRun]:
    found = [OfflineRun(path) for path in store.path.glob("wandb/wandb/offline-run-*/*.wandb")]
    assert len({run.id for run in found}) == len(found), "a trial was published twice"
    return {run.id: run for run in found}


def test_a_launch_publishes_each_trial_once(design: Design, finished: Store, run_here: Launch) -> None:
    sweep = design(seed=[0])
    summary, _ = run_here(sweep, finished.path, wandb="offline")
    assert (summary.exit_code, summary.unpublished) == (0, {})
    published = runs(finished)
    assert published.keys() == {cell.config.trial_id for cell in sweep.cells}
    for cell in sweep.cells:
        check_run(published[cell.config.trial_id], finished)
    run_here(sweep, finished.path, wandb="offline")
    assert len(runs(finished)) == 2


def check_run(run: OfflineRun, store: Store) -> None:
    row = store.read_trial(run.id)
    assert row is not None
    assert (run.group, run.project, run.exited) == ("tiny", "ncvq", True)
    kept = {name: run.config.get(name) for name in ("ssl", "seed", "dataset", "epochs", "augmentations", "git_commit")}
    assert kept == {name: row[name] for name in kept}
    assert not run.config.keys() & set(METRICS)
    assert {name: run.summary.get(name) for name in METRICS} == {name: row[name] for name in METRICS}
    expected = store.read_stage(row["stage1_id"]).history
    assert [entry["step"] for entry in run.history] == [1, 2]
    for entry, stored in zip(run.history, expected, strict=True):
        logged = {name.removeprefix("stage1/"): value for name, value in entry.items() if name.startswith("stage1/")}
        assert logged == stored


def test_a_trial_that_runs_now_is_published(design: Design, run_here: Launch, tmp_path: Path) -> None:
    with nothing_stays():
        load_plugin(write_plugin(tmp_path))
        sweep = design(seed=[0], ssl=["barlowtwins"], metrics=["test_series"])
        run_here(sweep, tmp_path / "s", wandb="offline")
    (run,) = runs(Store(tmp_path / "s")).values()
    check_run(run, Store(tmp_path / "s"))
    assert run.summary["test_series"] == 1029
    assert "test_series" not in run.config


def test_failures_are_not_published(design: Design, run_here: Launch, tmp_path: Path) -> None:
    sweep = design(seed=[0], ssl=["none"], learning_rate=1e30, epochs=6)
    run_here(sweep, tmp_path / "s", wandb="offline")
    run_here(sweep, tmp_path / "s", wandb="offline")
    assert runs(Store(tmp_path / "s")) == {}


@pytest.mark.parametrize(
    ("chosen", "variable", "mode"),
    [
        (None, None, "disabled"),
        (None, "", "disabled"),
        (None, "offline", "offline"),
        ("disabled", "online", "disabled"),
        ("online", None, "online"),
    ],
)
def test_the_mode(monkeypatch: pytest.MonkeyPatch, chosen: str | None, variable: str | None, mode: str) -> None:
    if variable is not None:
        monkeypatch.setenv("WANDB_MODE", variable)
    assert tracking_mode(chosen) == mode


def test_an_unknown_mode_starts_nothing(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "ofline")
    message = r"^unknown W&B mode 'ofline' \(did you mean 'offline'\?\); valid: offline, online, disabled$"
    with pytest.raises(ConfigError, match=message):
        run_here(design(), tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_without_tracking_nothing_is_made(finished: Store) -> None:
    assert make_tracker("tiny", finished, "disabled") is None
    assert not (finished.path / "wandb").exists()
