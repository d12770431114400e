"""Clusters that `ray start --head` made, with and without Ray's token authentication."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.orchestrator.processes import PATIENCE_SECONDS, ROOT, DesignFile, Start
from tests.plugin_files import PLUGIN, write_plugin, write_plugin_and_sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RAY_START = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head"]

Cluster = Callable[..., str]


@pytest.fixture
def cluster(temporary: Path, mark: str) -> Cluster:
    """Start a cluster of two cores and return its address; it ends with all other processes of the test."""

    def head(**authentication: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        ours = {"NCVQ_TEST_MARK": mark, "RAY_TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
        command = [*RAY_START, f"--port={port}", "--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats"]
        everything = {**os.environ, **ours, **authentication}
        subprocess.run(command, env=everything, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
        return f"127.0.0.1:{port}"

    return head


@pytest.mark.parametrize("authentication", ["disabled", "token"])
def test_a_cluster_runs_a_sweep_whether_it_asks_for_a_token_or_not(
    cluster: Cluster, start: Start, design_file: DesignFile, tmp_path: Path, authentication: str
) -> None:
    """The launch is told nothing of it; a token file is there, as Ray leaves one in the home folder."""
    token = tmp_path / "token"
    token.write_text("0123456789abcdef" * 4)
    environment = {"RAY_AUTH_TOKEN_PATH": str(token)}
    address = cluster(RAY_AUTH_MODE=authentication, **environment)
    file, store = design_file(2, "{ssl: [none], seed: [0, 1]}"), tmp_path / "store"
    process = start("launch", file, "--store", store, "--address", address, **environment)
    printed, _ = process.communicate(timeout=2 * PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert f"connecting to the Ray cluster at {address}, for at most 120 s" in printed
    assert f"2 of 2 trials have a result in {store}" in printed
    assert ("trying again with Ray's token" in printed) == (authentication == "token")
    assert "InvalidAuthToken" not in printed


NODE = "int(__import__('ray').get_runtime_context().get_node_id()[:8], 16)"


def test_workers_on_two_raylets_get_a_plugin(
    cluster: Cluster, start: Start, tmp_path: Path, temporary: Path, mark: str
) -> None:
    """Its text travels with the work: the file is gone when they start. The metric says which raylet measured it."""
    address = cluster(RAY_AUTH_MODE="disabled")
    command = [*RAY_START[:-1], f"--address={address}", "--num-cpus=1", "--disable-usage-stats"]
    ours = {"NCVQ_TEST_MARK": mark, "RAY_TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled"}
    subprocess.run(command, env={**os.environ, **ours}, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    file, store = write_plugin_and_sweep(tmp_path), tmp_path / "store"
    plugin = write_plugin(tmp_path, PLUGIN.replace("len(measured.dataset.test)", NODE))
    file.write_text(file.read_text().replace("factors:", "factors:\n  seed: [0, 1, 2]"))
    three = ("--address", address, "--workers", "3")
    process = start("launch", file, "--store", store, *three, RAY_AUTH_MODE="disabled")
    assert process.stdout is not None
    said = next(line for line in process.stdout if "stages to run" in line)
    plugin.unlink()
    printed, _ = process.communicate(timeout=2 * PATIENCE_SECONDS)
    assert process.returncode == 0, said + printed
    trials = pd.read_parquet(store / "trials")
    assert len(trials) == 6
    assert trials["test_series"].nunique() == 2
    assert "shift(points=2)" in set(trials["augmentations"])
