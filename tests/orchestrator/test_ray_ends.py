"""Ray cannot hang a launch, nor speak for it: real processes, killed, stopped, starved and asked to end."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.processes import (
    GRACE_SECONDS,
    PATIENCE_SECONDS,
    DesignFile,
    Start,
    packs,
    process_named,
    processes_with,
    wait_for_the_end,
    wait_until,
)  # fmt: skip
from tests.orchestrator.stage2 import tiny2_file
from tests.orchestrator.tables import history_of, trials_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes that Ray started in /proc"),
]
RAYS_WORDS = ("Traceback", "(raylet)", "ray.exceptions", "The actor died", "WARNING")


def clean(printed: str) -> bool:
    """No word of Ray's own, and no reason that is none."""
    return not any(words in printed for words in RAYS_WORDS) and "None\n" not in printed


def nothing_left(mark: str, temporary: Path, store: Path, seconds: float = GRACE_SECONDS) -> bool:
    """No process, temporary file or running stage is left after so many seconds."""
    left = wait_for_the_end(mark, seconds)
    return not left and not list(temporary.iterdir()) and not list(store.glob("running/*"))


def test_a_node_process_that_dies_is_told_in_one_line_and_started_again(
    start: Start, mark: str, temporary: Path, design_file: DesignFile, run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(100, "{ssl: [none], seed: [0, 1]}"), tmp_path / "killed"
    process = start("launch", file, "--store", store, "--workers", "1")
    wait_until(lambda: packs(mark), process)
    os.kill(process_named("raylet/raylet", mark), signal.SIGKILL)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert printed.count("Ray's node process died (raylet, process ") == 1
    assert "put back" not in printed  # no crash of theirs
    assert clean(printed)
    assert nothing_left(mark, temporary, store)
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))
    assert history_of(store).equals(history_of(tmp_path / "whole"))


def test_rays_driver_and_then_the_launch_itself_are_killed(
    start: Start, mark: str, temporary: Path, tmp_path: Path
) -> None:
    file, store, whole = tiny2_file(tmp_path), tmp_path / "killed", tmp_path / "whole"
    process = start("launch", file, "--store", store, "--workers", "1")
    wait_until(lambda: packs(mark), process)
    os.kill(process_named("orchestrator.execution.ray.driver", mark), signal.SIGKILL)
    wait_until(lambda: not packs(mark), process)
    wait_until(lambda: packs(mark), process)
    process.send_signal(signal.SIGKILL)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Ray's driver process" in printed
    assert not wait_for_the_end(mark, GRACE_SECONDS)
    assert list(temporary.iterdir()) == []

    process = start("resume", file, "--store", store, "--workers", "1")
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert clean(printed)
    process = start("launch", file, "--store", whole, "--workers", "0")  # its networks are trained in full, too
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert trials_table(store).equals(trials_table(whole))
    assert history_of(store).equals(history_of(whole))


def test_a_stage_that_rays_memory_monitor_ends_twice_alone_has_failed_and_the_launch_goes_on(
    start: Start, mark: str, temporary: Path, design_file: DesignFile, tmp_path: Path
) -> None:
    file, store = design_file(2000, "{ssl: [none], seed: [0, 1]}"), tmp_path / "short"
    starved = {"RAY_memory_usage_threshold": "0.001", "RAY_memory_monitor_refresh_ms": "500"}
    process = start("launch", file, "--store", store, "--workers", "1", **starved)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1, printed
    assert printed.count("and Ray ended its worker, it runs once more") == 2
    failures = [line for line in printed.splitlines() if line.startswith("failed   stage1")]
    assert len(failures) == 2
    for line in failures:
        assert "memory ran short (" in line
        assert "2 times, alone: it had 0." in line
        assert "GB were expected; a smaller batch_size, fewer --workers" in line
    assert f"retry what failed with: ncvq resume {file} --store {store}" in printed
    assert clean(printed)
    assert nothing_left(mark, temporary, store)


def test_a_worker_that_gives_no_sign_is_replaced(
    start: Start, mark: str, design_file: DesignFile, run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(200, "{ssl: [none], seed: [0]}"), tmp_path / "stopped"
    process = start("launch", file, "--store", store, "--workers", "1", NCVQ_SILENCE_SECONDS="20")
    wait_until(lambda: packs(mark), process)
    (worker,) = packs(mark)
    os.kill(worker, signal.SIGSTOP)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert "put back stage1 ssl=none seed=0: its worker process gave no sign and was replaced" in printed
    assert "smaller pack" not in printed
    assert worker not in processes_with(mark)
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Ray did not start: no sign within 0.2 s"),
        (["--address", "127.0.0.1:1"], "no Ray cluster at 127.0.0.1:1: no sign within 0.2 s"),
    ],
)
def test_a_start_has_a_limit(
    start: Start, mark: str, temporary: Path, design_file: DesignFile, tmp_path: Path, options: list[str], words: str
) -> None:
    file, store = design_file(2, "{ssl: [none], seed: [0]}"), tmp_path / "none"
    process = start("launch", file, "--store", store, "--workers", "1", *options, NCVQ_RAY_START_SECONDS="0.2")
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    (line,) = [line for line in printed.splitlines() if words in line]
    assert "--workers 0" in line
    assert process.returncode == 1, printed
    assert f"ended early; go on with: ncvq resume {file} --store {store}" in printed
    assert ("connecting to the Ray cluster at 127.0.0.1:1, for at most 0.2 s" in printed) == bool(options)
    assert clean(printed)
    assert nothing_left(mark, temporary, store)


@pytest.mark.parametrize(
    ("options", "number"), [([], signal.SIGINT), (["--address", "10.255.255.1:6379"], signal.SIGTERM)]
)
def test_a_launch_can_be_stopped_while_ray_starts(
    start: Start, mark: str, temporary: Path, design_file: DesignFile, tmp_path: Path, options: list[str], number: int
) -> None:
    file, store = design_file(2, "{ssl: [none], seed: [0]}"), tmp_path / "none"
    process = start("launch", file, "--store", store, "--workers", "1", *options)
    wait_until(lambda: "ray.driver" in "".join(commands(mark)), process)
    time.sleep(1)
    began = time.monotonic()
    process.send_signal(number)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - began < 2 * GRACE_SECONDS  # 5 s where the machine has nothing else to do
    assert process.returncode == 130, printed
    assert "\nstopping\n" in printed
    assert "save a checkpoint" not in printed
    assert f"stopped; go on with: ncvq resume {file} --store {store}" in printed
    assert clean(printed)
    assert nothing_left(mark, temporary, store)


def test_a_closed_terminal_is_a_request_to_stop(
    start: Start, mark: str, temporary: Path, design_file: DesignFile, tmp_path: Path
) -> None:
    file, store = design_file(2000, "{ssl: [none], seed: [0, 1]}"), tmp_path / "closed"
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a launch obeys nohup, under which tests may run
    process = start("launch", file, "--store", store, "--workers", "2")
    signal.signal(signal.SIGHUP, before)
    wait_until(lambda: len(packs(mark)) == 2, process)
    time.sleep(1)
    process.send_signal(signal.SIGHUP)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGHUP)  # as shells do; no second request
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, printed
    assert len(list(store.glob("checkpoints/*.safetensors"))) == 2
    assert nothing_left(mark, temporary, store)


def commands(mark: str) -> list[str]:
    """Command lines of the processes with a mark."""
    found = []
    for each in processes_with(mark):
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{each}/cmdline").read_bytes().decode())
    return found
