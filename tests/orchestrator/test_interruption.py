"""Ctrl-C and kill -9, sent to a real `ncvq launch` in a process of its own."""

import os
import signal
import time
from pathlib import Path

import pytest

from ncvq_core.stages.tokenizer.run import Stage1Run
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.processes import PATIENCE_SECONDS, DesignFile, Start, packs, wait_until
from tests.orchestrator.tables import history_of, rows_of, trials_table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_ctrl_c_keeps_a_checkpoint(start: Start, design_file: DesignFile, run_here: Launch, tmp_path: Path) -> None:
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


def test_an_interrupted_resume_does_not_list_earlier_failures_as_new_ones(
    start: Start, design_file: DesignFile, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlucky(run: Stage1Run) -> None:
        raise ValueError("a bug in the encoder")

    file, store = design_file(2000, "{ssl: [none], seed: [0, 1]}"), tmp_path / "failed"
    monkeypatch.setattr(Stage1Run, "step", unlucky)
    assert len(run_here(load_sweep(file), store)[0].failures) == 2
    process = start("resume", file, "--store", store, "--workers", "0")
    wait_until(lambda: list(store.glob("running/[!.]*.json")), process)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, printed
    assert "a bug in the encoder" not in printed
    assert f"0 of 2 trials have a result in {store}" in printed
    assert list(store.glob("running/*")) == []
    assert len(run_here(load_sweep(file), store)[0].failures) == 2  # left alone by `launch`, and told


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes that Ray started in /proc")
def test_resume_after_kill_9_gives_the_table_of_an_uninterrupted_run(
    start: Start, design_file: DesignFile, run_here: Launch, tmp_path: Path
) -> None:
    file, store = design_file(50, "{ssl: [none, barlowtwins], seed: [0, 1]}"), tmp_path / "killed"
    process = start("launch", file, "--store", store, "--workers", "2")
    wait_until(lambda: list(store.glob("trials/[!.]*.parquet")), process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    finished = rows_of(store)
    assert 0 < len(finished) < 4

    process = start("resume", file, "--store", store, "--workers", "2")
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert f"4 of 4 trials have a result in {store}" in printed
    assert rows_of(store).items() >= finished.items()
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))
    assert history_of(store).equals(history_of(tmp_path / "whole"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes that Ray started in /proc")
def test_a_pack_whose_process_dies_goes_on_one_by_one_and_one_death_alone_is_forgiven(
    start: Start, mark: str, design_file: DesignFile, run_here: Launch, tmp_path: Path
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
