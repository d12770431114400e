"""Ctrl-C and kill -9, sent to a real `ncvq launch` in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.sweep_file import load_sweep
from tests.orchestrator.conftest import TINY, Launch
from tests.orchestrator.tables import history_of, trials_table, written_at

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(900)

PATIENCE_SECONDS = 240
"""A process of Ray's needs half a minute to start on a machine that has other things to do."""
GRACE_SECONDS = 5

Start = Callable[..., subprocess.Popen[str]]


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def processes_with(mark: str) -> set[int]:
    """Ids of the living processes that inherited a mark in their environment."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


@pytest.fixture
def mark() -> str:
    """In the environment of all processes of a test."""
    return uuid.uuid4().hex


@pytest.fixture
def start(mark: str) -> Iterator[Start]:
    """Start `ncvq` in a process of its own; afterwards none that it started is left."""
    started: list[subprocess.Popen[str]] = []

    def ncvq(*arguments: str | Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "orchestrator", *map(str, arguments)]
        environment = os.environ | {"NCVQ_TEST_MARK": mark, "CUDA_VISIBLE_DEVICES": ""}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes))  # type: ignore[call-overload]
        return started[-1]

    yield ncvq
    for process in started:
        process.kill()
        process.communicate()
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := processes_with(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for each in left:  # Ray's agents notice only after half a minute that their launch was killed
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


@pytest.fixture
def design_file(tmp_path: Path) -> Callable[[int, str], Path]:
    def write(epochs: int, factors: str) -> Path:
        path = tmp_path / "tiny.yaml"
        base, _, _ = TINY.replace("epochs: 2,", f"epochs: {epochs},").partition("factors:")
        path.write_text(f"{base}factors: {factors}\n")
        return path

    return write


def test_ctrl_c_keeps_a_checkpoint(
    start: Start, design_file: Callable[[int, str], Path], run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(120, "{ssl: [barlowtwins], seed: [0, 1]}"), tmp_path / "killed"
    process = start("launch", file, "--store", store, "--workers", "0")
    wait_until(lambda: list(store.glob("running/[!.]*.json")), process)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, printed
    assert "stopping: running trials save a checkpoint" in printed
    assert f"stopped; go on with: ncvq resume {file} --store {store}" in printed
    assert "Traceback" not in printed
    assert len(list(store.glob("checkpoints/*.safetensors"))) == 1
    assert run_here(load_sweep(file), store, retry_failed=True)[0].exit_code == 0
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))
    assert history_of(store).equals(history_of(tmp_path / "whole"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes that Ray started in /proc")
def test_resume_after_kill_9_gives_the_table_of_an_uninterrupted_run(
    start: Start, design_file: Callable[[int, str], Path], run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(50, "{ssl: [none, barlowtwins], seed: [0, 1]}"), tmp_path / "killed"
    process = start("launch", file, "--store", store, "--workers", "2")
    wait_until(lambda: list(store.glob("trials/[!.]*.parquet")), process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    finished = {path: at for path, at in written_at(store).items() if path.startswith("trials/")}
    assert 0 < len(finished) < 4

    process = start("resume", file, "--store", store, "--workers", "2")
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert f"4 of 4 trials have a result in {store}" in printed
    assert written_at(store).items() >= finished.items()
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))
    assert history_of(store).equals(history_of(tmp_path / "whole"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes that Ray started in /proc")
def test_a_pack_whose_process_dies_goes_on_one_by_one_and_one_death_alone_is_forgiven(
    start: Start, mark: str, design_file: Callable[[int, str], Path], run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(300, "{ssl: [none], seed: [0, 1]}"), tmp_path / "killed"
    process = start("launch", file, "--store", store, "--workers", "1", "--pack", "2")
    killed: set[int] = set()
    while len(killed) < 2:
        wait_until(lambda: packs(mark) - killed, process)
        time.sleep(1)  # it has begun to work
        for each in packs(mark) - killed:
            os.kill(each, signal.SIGKILL)
            killed.add(each)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert printed.count("put back stage1 ") == 2 + 1  # both of the pack, then the one that ran alone
    assert "Traceback" not in printed
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))


def packs(mark: str) -> set[int]:
    """Ids of the processes in which packs run now: children of Ray's, which names them by what they do."""
    ours, found = processes_with(mark), set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in ours and b"Trainable.train" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found
