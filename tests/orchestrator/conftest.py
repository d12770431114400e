"""A tiny sweep, run once for real by the in-process executor, and copies of its store."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchestrator.launching.launch import Summary, launch
from orchestrator.launching.options import LaunchOptions
from orchestrator.store import Store
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.processes import GRACE_SECONDS, ROOT, DesignFile, Start, wait_for_the_end
from tests.orchestrator.stage2 import make_judges_brief, tiny2

TINY = """\
description: a sweep of seconds
base: {dataset: ItalyPowerDemand, epochs: 2, projector_width: 64, channels: 8, augmentations: [slice_and_shuffle]}
factors:
  ssl: [none, barlowtwins]
  seed: [0, 1]
baseline: {ssl: none}
"""

Launch = Callable[..., tuple[Summary, str]]
Design = Callable[..., Sweep]


@pytest.fixture(autouse=True)
def _brief_judges() -> Iterator[None]:
    """In this process, not in those that a test starts; nor in tests of other folders that come after in it."""
    with pytest.MonkeyPatch.context() as patch:
        make_judges_brief(patch)
        yield


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweeps") / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def design(tiny_file: Path) -> Design:
    """The tiny sweep, changed as `--set` changes one."""

    def changed(**settings: Any) -> Sweep:
        return load_sweep(tiny_file, settings)

    return changed


@pytest.fixture(scope="session")
def run_here() -> Launch:
    """Launch a sweep in this process, on the CPU unless told; returns the summary and what was printed."""

    def run(sweep: Sweep, store: Path, **options: Any) -> tuple[Summary, str]:
        printed = StringIO()
        told = LaunchOptions(store=store, **{"workers": 0, "gpus_per_trial": 0.0, **options})
        with pytest.MonkeyPatch.context() as patch:  # fixtures of a session come before those of a test
            make_judges_brief(patch)
            summary = launch(sweep, told, Console(file=printed, width=200))
        return summary, printed.getvalue()

    return run


@pytest.fixture(scope="session")
def finished_folder(tmp_path_factory: pytest.TempPathFactory, design: Design, run_here: Launch) -> Path:
    """The store of the tiny sweep; shared, so only to be read."""
    folder = tmp_path_factory.mktemp("finished") / "store"
    summary, _ = run_here(design(), folder)
    assert summary.exit_code == 0
    return folder


@pytest.fixture
def finished(finished_folder: Path, tmp_path: Path) -> Store:
    """A copy of the finished store."""
    return Store(Path(shutil.copytree(finished_folder, tmp_path / "store")))


@pytest.fixture(scope="session")
def finished2_folder(tmp_path_factory: pytest.TempPathFactory, run_here: Launch) -> Path:
    """The store of a tiny sweep of both stages; shared, so only to be read."""
    folder = tmp_path_factory.mktemp("finished2")
    summary, printed = run_here(tiny2(folder), folder / "store")
    assert summary.exit_code == 0, printed
    return folder / "store"


@pytest.fixture
def finished2(finished2_folder: Path, tmp_path: Path) -> Store:
    """A copy of that store."""
    return Store(Path(shutil.copytree(finished2_folder, tmp_path / "store2")))


@pytest.fixture
def mark() -> str:
    """In the environment of all processes of a test."""
    return uuid.uuid4().hex


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The folder for temporary files of all processes of a test; Ray's sockets need a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def start(mark: str, temporary: Path) -> Iterator[Start]:
    """Start `ncvq` in a process of its own; afterwards none that it started is left."""
    started: list[subprocess.Popen[str]] = []

    def ncvq(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "orchestrator", *map(str, arguments)]
        ours = {"NCVQ_TEST_MARK": mark, "CUDA_VISIBLE_DEVICES": "", "TMPDIR": str(temporary)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        everything = {**os.environ, **ours, **environment}
        started.append(subprocess.Popen(command, cwd=ROOT, env=everything, text=True, **pipes))  # type: ignore[call-overload]
        return started[-1]

    yield ncvq
    for process in started:
        process.kill()
        process.communicate()
    for each in wait_for_the_end(mark, GRACE_SECONDS):  # Ray's agents notice only after half a minute
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


@pytest.fixture
def design_file(tmp_path: Path) -> DesignFile:
    """Write a tiny sweep of so many epochs, with other factors."""

    def write(epochs: int, factors: str) -> Path:
        path = tmp_path / "tiny.yaml"
        base, _, _ = TINY.replace("epochs: 2,", f"epochs: {epochs},").partition("factors:")
        path.write_text(f"{base}factors: {factors}\n")
        return path

    return write
