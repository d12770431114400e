"""A tiny sweep, run once for real by the in-process executor, and copies of its store."""

import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchestrator.launch import LaunchOptions, Summary, launch
from orchestrator.store import Store
from orchestrator.sweep import Sweep
from orchestrator.sweep_file import load_sweep
from tests.orchestrator.stage2 import tiny2

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
        told = LaunchOptions(store=store, workers=0, **{"gpus_per_trial": 0.0, **options})
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
