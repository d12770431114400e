"""A user's folders `reports`, `sweeps` and `orchestrator` do not come between ncvq and its packages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ncvq_core import packages
from tests.orchestrator.processes import ROOT

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

SCRIPT = """\
import sys
from ncvq_command import main
sys.exit(main())
"""
"""What `pip` makes of the entry point."""

NAMES = ("reports", "sweeps", "orchestrator")
FOREIGN = "raise RuntimeError('not of ncvq')\n"

SWEEP = """\
description: a sweep of seconds
base: {dataset: ItalyPowerDemand, epochs: 1, projector_width: 16, channels: 8, augmentations: [slice_and_shuffle]}
factors: {ssl: [none, barlowtwins], seed: [0, 1]}
baseline: {ssl: none}
"""


@pytest.fixture(params=["packages", "folders"])
def theirs(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A working directory with folders of our names: Python packages, or folders of YAML and other files."""
    for name in NAMES:
        folder = tmp_path / "work" / name
        folder.mkdir(parents=True)
        (folder / "mine.yaml").write_text(SWEEP)
        if request.param == "packages":
            (folder / "__init__.py").write_text(FOREIGN)
    return tmp_path / "work"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder that is before ncvq's on the path, as in a notebook or with the user's PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "ncvq").write_text(SCRIPT)
    return str(tmp_path / "ncvq")


def test_the_command_finds_its_own(theirs: Path, script: str) -> None:
    listed = run(theirs, script, "sweeps")
    assert listed.returncode == 0, listed.stderr
    assert "quickstart: " in listed.stdout
    assert "mine" not in listed.stdout
    planned = run(theirs, script, "plan", "sweeps/mine.yaml", "--json")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["trials"] == 4


@pytest.mark.slow
def test_workers_of_ray_find_their_own(theirs: Path, script: str) -> None:
    launched = run(theirs, script, "launch", "sweeps/mine.yaml", "--workers", "1")
    assert launched.returncode == 0, launched.stdout + launched.stderr
    reported = run(theirs, script, "report", "mine", "--only", "coverage")
    assert reported.returncode == 0, reported.stdout + reported.stderr


@pytest.mark.parametrize("module", ["orchestrator", "ncvq_command"])
def test_as_a_module_it_finds_its_own(theirs: Path, module: str) -> None:
    """`python -m orchestrator` itself is Python's to find, so that their folder of that name has to go."""
    if module == "orchestrator":
        (theirs / "orchestrator").rename(theirs / "other")
    done = run(theirs, "-m", module, "report", "quickstart")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ncvq: ")
    assert "no ncvq store here" in done.stderr


def test_an_import_that_finds_somebody_else_s_says_so(theirs: Path) -> None:
    (theirs / "reports").rename(theirs / "other")
    done = run(theirs, "-c", "from reports import Sweep")
    if (theirs / "orchestrator" / "__init__.py").exists():
        assert done.returncode == 1
        line = done.stderr.splitlines()[-1]
        assert line.startswith(f"ImportError: ncvq needs its own package 'orchestrator', in {ROOT}, but Python finds")
        assert str(theirs / "orchestrator") in line
        assert "rename that" in line
        assert "pin()" in line
    else:  # Python takes a package anywhere on its path before a folder that is none
        assert done.returncode == 0, done.stderr


def test_after_pin_all_are_ours(theirs: Path) -> None:
    done = run(theirs, "-c", "import ncvq_core.packages as ours; ours.pin(); from reports import Sweep; print(Sweep)")
    assert done.returncode == 0, done.stderr
    assert "reports.sweep.Sweep" in done.stdout


def test_pin_says_what_was_imported_before(theirs: Path) -> None:
    (theirs / "orchestrator" / "__init__.py").write_text("")
    done = run(theirs, "-c", "import orchestrator, ncvq_core.packages as ours; ours.pin()")
    assert done.returncode == 1
    assert "needs its own package 'orchestrator'" in done.stderr.splitlines()[-1]


def test_the_path_for_other_processes(theirs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours, plain = str(packages.HOME), str(tmp_path / "plain")
    monkeypatch.setattr(sys, "path", ["", plain, str(theirs), ours, "/usr/lib"])
    assert packages.search_path() == [plain, ours, str(theirs), "/usr/lib"]
    monkeypatch.setattr(sys, "path", ["", plain, "/usr/lib"])
    assert packages.search_path() == [plain, "/usr/lib", ours], "found by an import hook, as an editable install is"


def test_packages_of_ours_pass() -> None:
    packages.check(*packages.PACKAGES)
