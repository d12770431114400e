"""Temporary folders: below one, gone at the end, cleared after a kill, never another's."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.execution.scratch import clear_scratch, scratch_folder, temporary_files_below
from tests.orchestrator.processes import ROOT

HOLD = """\
import sys, time
from orchestrator.execution.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)


def test_a_folder_of_a_process_that_was_killed_goes_and_that_of_a_living_one_stays(base: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, env=os.environ, text=True, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    held = Path(holder.stdout.readline().strip())
    try:
        with scratch_folder() as ours:
            clear_scratch()
            assert {ours, held} == set(base.iterdir())
        assert [held] == list(base.iterdir())
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert (held / "file").exists()
    with scratch_folder() as ours:
        assert [ours] == list(base.iterdir())
    assert list(base.iterdir()) == []


def test_what_is_not_ours_is_left_alone(base: Path) -> None:
    (base / "ncvq-of-somebody").mkdir()
    (base / "other").mkdir()
    with scratch_folder():
        pass
    assert {path.name for path in base.iterdir()} == {"ncvq-of-somebody", "other"}


def test_temporary_files_of_others_go_below_it(base: Path) -> None:
    with scratch_folder() as folder, temporary_files_below(folder):
        assert Path(tempfile.mkdtemp(suffix="wandb-media")).parent == folder
    assert tempfile.gettempdir() == str(base)
    assert list(base.iterdir()) == []


def test_paths_stay_short_enough_for_sockets(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = base / ("a" * 80)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with scratch_folder() as folder:
        assert len(f"{folder}/ray/ray/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store") <= 107
