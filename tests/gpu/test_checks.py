"""The checks of `make gpu`: on a machine with torch and numpy alone each runs, or says in one line why not.

What they find on a GPU is for `make gpu` there; here their own logic is run on a CPU, and made to fail.
"""

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import determinism, lanes, one_group, report
from benchmarks.gpu.__main__ import run_all, run_group
from benchmarks.gpu.bits import assert_same_bits, state_of
from benchmarks.gpu.groups import GROUPS, Group, group_named
from benchmarks.gpu.place import Check, NotHereError, Place
from benchmarks.gpu.report import FAILED, NOT_RUN, PASSED, Line
from benchmarks.gpu.trainers import KINDS, fcn

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

ROOT = Path(__file__).parents[2]
CPU = Place(device=torch.device("cpu"))
BARE = """\
import json
import sys

ALLOWED = {"torch", "torchgen", "functorch", "numpy", "benchmarks", "ncvq_core", "orchestrator"}
OF_TORCH = {"typing_extensions", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "filelock"}


class Bare:
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first not in ALLOWED | OF_TORCH | set(sys.stdlib_module_names) and not first.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=first)


sys.meta_path.insert(0, Bare())
import torch

import benchmarks.gpu.__main__
from benchmarks.gpu import groups, one_group
from benchmarks.gpu.place import Place

place, found = Place(device=torch.device("cpu")), {}
for group in groups.GROUPS:
    try:
        found[group.name] = [check.name for check in group.checks(place)]
    except ModuleNotFoundError as error:
        found[group.name] = [line.as_json() for line in one_group.lines(group, place)]
print(json.dumps(found))
"""


def test_checks_need_torch_and_numpy_alone() -> None:
    """But for those of a store, which say what they lack."""
    done = subprocess.run([sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == [group.name for group in GROUPS]
    assert found.pop("packs") == [
        Line(group="packs", check="all", status=NOT_RUN, why="safetensors is not installed").as_json()
    ]
    for names in found.values():
        assert names
        assert len(set(names)) == len(names)
    assert {"ssl byol, bf16", "augmentation magnitude_warp, fp32", "fcn, bf16"} <= set(found["syncs"])


@pytest.mark.parametrize("name", ["generators", "failure: memory", "versions"])
def test_quick_groups_pass_in_processes_of_their_own(name: str) -> None:
    found = list(run_group(group_named(name), "cpu", None, 200.0))
    assert [line.why for line in found if line.status == FAILED] == []
    assert any(line.status == PASSED for line in found)


def test_a_process_that_hangs_or_dies_is_a_failure() -> None:
    (late,) = run_group(group_named("syncs"), "cpu", None, 0.5)
    assert (late.status, late.why) == (FAILED, "not done after 0 s")
    (dead,) = run_group(Group(name="no such group", source=""), "cpu", None, 100.0)
    assert dead.status == FAILED
    assert dead.why.startswith("exit code 1: ")


def test_what_shows_nothing_on_a_cpu_says_so_at_once() -> None:
    (line,) = run_all((group_named("failure: read in a capture"),), "cpu", None)
    assert (line.status, line.why) == (NOT_RUN, "shows nothing on a CPU")


def failing() -> Iterator[Check]:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    def not_here() -> None:
        raise NotHereError("too large")

    def wrong() -> None:
        raise AssertionError("1 of 2 tensors differ")

    def lost() -> None:
        try:
            raise RuntimeError("Cannot copy between CPU and CUDA tensors during CUDA graph capture")
        finally:
            raise torch.AcceleratorError("CUDA error")

    for check in (missing, not_here, wrong, lost, wrong):
        yield Check(name=check.__name__, run=check)


def test_how_a_check_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Group(name="g", source="")
    monkeypatch.setattr(Group, "checks", lambda self, place: failing())
    found = [(line.check, line.status, line.why) for line in one_group.lines(group, CPU)]
    assert found == [
        ("missing", NOT_RUN, "scipy is not installed"),
        ("not_here", NOT_RUN, "too large"),
        ("wrong", FAILED, "1 of 2 tensors differ"),
        ("lost", FAILED, "AcceleratorError: CUDA error"),
        ("the rest", NOT_RUN, "this process has lost the device"),
    ]


def test_a_lane_that_changes_a_bit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture that forgets to restore what its warm-up changed."""
    monkeypatch.setattr(determinism, "ON_A_CPU", 2)
    build = KINDS["fcn"]
    determinism._again(CPU, build, capture=True)
    monkeypatch.setattr("ncvq_core.fcn.train.FcnTrainer.restore", lambda self, state: None)
    with pytest.raises(AssertionError, match=r"2 steps: \d+ of \d+ tensors differ, by up to"):
        determinism._again(CPU, build, capture=True)


def test_states_are_compared_to_the_bit() -> None:
    trainer = fcn(CPU)
    before = state_of(trainer)
    assert_same_bits(state_of(trainer), before, "at once")
    name = next(name for name in before if name.startswith("model."))
    changed = dict(before) | {name: before[name].clone()}
    changed[name].view(-1)[0] = torch.nextafter(changed[name].view(-1)[0], torch.tensor(9.0))
    with pytest.raises(AssertionError, match=f"it: 1 of {len(before)} tensors differ, by up to .*: {name}"):
        assert_same_bits(changed, before, "it")


def test_a_step_counts_once_though_it_is_replayed() -> None:
    """What a benchmark counts: steps that were done, by trainers that have not finished."""
    trainer, lane = fcn(CPU), lanes.lane(CPU)
    for _ in range(3):
        lanes.step_in_turn([trainer], [lane])
    assert trainer.steps_done == 3
    assert trainer.replay is not None
    assert not trainer.finished


@pytest.mark.parametrize("kind", KINDS)
def test_a_trainer_that_nobody_holds_is_gone_at_once(kind: str) -> None:
    """What a cycle of references holds stays on a GPU until Python looks for cycles."""
    trainer = KINDS[kind](CPU, 0)
    trainer.step()
    reference = weakref.ref(trainer)
    gc.disable()
    try:
        del trainer
        assert reference() is None
    finally:
        gc.enable()


def test_a_report_projects_the_study_from_the_slower_dataset(tmp_path: Path) -> None:
    def line(dataset: str, size: int, rate: float) -> Line:
        measured = {report.RATE: rate, "share_of_bandwidth_floor": 0.1, "reserved_gb": 1.0, "host_ms_of_a_round": 0.1}
        return Line(group=f"throughput {dataset} bf16 graphs", check=f"K = {size}", status=PASSED, measured=measured)

    lines = [line("ECG5000", 1, 100.0), line("ECG5000", 4, 300.0), line("FordA", 1, 1.0)]
    hours = report.study_hours(lines)["bf16"]
    assert hours == pytest.approx(report.study_hours([lines[2]])["bf16"])
    assert hours > 50 * report.study_hours(lines[:2])["bf16"]
    text = report.table([*lines, Line(group="syncs", check="fcn, fp32", status=FAILED, why="it waits")])
    assert "| failed | syncs | fcn, fp32 | it waits |" in text
    assert f"364 runs, 387 GPU-hours; here {hours:.1f} hours in bf16 (aim: under 4)" in text
    report.write(lines, 12.3, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["study_hours"]["bf16"] == hours


@pytest.mark.gpu
@pytest.mark.timeout(600)
def test_all_of_it_on_a_gpu(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(tmp_path / "report.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
