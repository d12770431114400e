"""What the shell completes, asked as bash asks it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestrator.cli import complete
from orchestrator.store import Store
from tests.orchestrator.processes import ROOT

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

BLOCKED = """\
import sys

class Missing:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {"torch", "ray", "aeon", "pandas", "matplotlib", "wandb", "sklearn", "reports"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from orchestrator.__main__ import main
main()
"""

NAMED = [
    "aug-recon-weight", "aug-robustness", "main", "quickstart", "ssl-augmentation", "stage2-embedding",
    "tune-augmentation",
]  # fmt: skip
SWEEP = "description: mine\nprofiles:\n  small: {epochs: 1}\n  smaller: {epochs: 2}\n"


def completed(line: str, folder: Path, code: str = BLOCKED, **environment: str) -> list[str]:
    """Return what is offered for the last word of a line, in a process that cannot import what is slow."""
    asked = {"_NCVQ_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    everything = {**os.environ, "PYTHONPATH": str(ROOT), **asked, **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=everything, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands(tmp_path: Path) -> None:
    assert completed("ncvq la", tmp_path) == ["launch"]


@pytest.mark.parametrize("command", ["plan", "launch", "resume", "status", "report"])
def test_sweeps(command: str, tmp_path: Path) -> None:
    if command != "report":
        assert completed(f"ncvq {command} ", tmp_path) == NAMED
    assert completed(f"ncvq {command} aug-ro", tmp_path) == (["aug-robustness"])


def test_sweeps_of_files(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.yaml").write_text(SWEEP)
    (tmp_path / "mainly.yaml").write_text(SWEEP)
    (tmp_path / "notes.txt").write_text("")
    assert completed("ncvq plan m", tmp_path) == ["main", "mainly.yaml", "mine/"]
    assert completed("ncvq plan mine/", tmp_path) == ["mine/own.yaml"]
    assert completed("ncvq plan [", tmp_path) == []


def test_profiles_are_those_of_the_sweep(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(SWEEP)
    assert completed("ncvq plan main --profile ", tmp_path) == ["small"]
    assert completed("ncvq launch own.yaml --profile smalle", tmp_path) == ["smaller"]
    assert completed("ncvq launch quickstart --profile ", tmp_path) == []
    assert completed("ncvq launch nofile.yaml --profile ", tmp_path) == []


def test_trials_are_those_of_the_store(finished_folder: Path, tmp_path: Path) -> None:
    ids = Store(finished_folder).trial_ids()
    assert completed(f"ncvq show --store {finished_folder} ", tmp_path) == ids
    assert completed(f"ncvq show {ids[0][:4]}", tmp_path, NCVQ_STORE=str(finished_folder)) == [ids[0]]
    assert completed("ncvq show ", tmp_path) == [], "no store here"


def test_modes_of_wandb(tmp_path: Path) -> None:
    assert completed("ncvq launch main --wandb o", tmp_path) == ["offline", "online"]


def test_datasets(tmp_path: Path) -> None:
    (tmp_path / "archive" / "GunMine").mkdir(parents=True)
    without_aeon = completed(f"ncvq data fetch --data-dir {tmp_path / 'archive'} Gun", tmp_path)
    assert without_aeon == ["GunMine"]
    assert completed("ncvq data fetch Gun", tmp_path, NCVQ_DATA=str(tmp_path / "archive")) == ["GunMine"]
    code = "import sys\nfrom orchestrator.__main__ import main\nsys.argv = ['ncvq']\nmain()"
    assert completed("ncvq data fetch GunPo", tmp_path, code)[0] == "GunPoint"


def test_the_names_of_the_archives_are_read_without_aeon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing it takes seconds; a tenth of one is plenty to read its lists."""
    import typer

    context = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
    monkeypatch.delenv("NCVQ_DATA", raising=False)
    began = time.process_time()
    assert {"GunPoint", "BasicMotions"} <= set(complete.datasets(context, ""))
    assert time.process_time() - began < 0.1
