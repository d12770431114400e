"""How far a launch is, and how long it takes from there."""

import time
from io import StringIO

import pytest
from rich.console import Console

from orchestrator.pace import Pace
from orchestrator.progress import Counts, ProgressDisplay
from orchestrator.tasks import Outcome, StageTask


def task(stage_id: str, flops: float) -> StageTask:
    return StageTask(
        stage_id=stage_id, stage="stage1", config={}, label=stage_id, trial_ids=(stage_id,), epochs=100, flops=flops
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, as a list of one number."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("restored", [0, 50])
def test_work_from_a_checkpoint_is_done_but_says_nothing_about_the_pace(clock: list[float], restored: int) -> None:
    counts = Counts(trials=2, before=0, pace=Pace([task("a", 100.0), task("b", 100.0)]))
    display = ProgressDisplay(counts, Console(file=StringIO()))
    display.started(task("a", 100.0))
    display.advanced(task("a", 100.0), restored, restored)
    assert counts.pace.remaining() is None
    clock[0] += 10
    display.advanced(task("a", 100.0), restored + 20, restored)
    assert counts.pace.share == (restored + 20) / 200
    left = counts.pace.remaining()
    assert left is not None
    assert left.total_seconds() == (200 - restored - 20) / 2
    clock[0] += 10
    display.ended(task("a", 100.0), Outcome(stage_id="a", status="done"), 1)
    left = counts.pace.remaining()
    assert left is not None
    assert left.total_seconds() == round(20 * 100 / (100 - restored))


def test_a_worker_that_starts_again_does_not_undo_the_work_of_this_launch(clock: list[float]) -> None:
    counts = Counts(trials=1, before=0, pace=Pace([task("a", 100.0)]))
    display = ProgressDisplay(counts, Console(file=StringIO()))
    display.started(task("a", 100.0))
    display.advanced(task("a", 100.0), 0, 0)
    clock[0] += 30
    display.started(task("a", 100.0))
    display.advanced(task("a", 100.0), 60, 60)
    left = counts.pace.remaining()
    assert left is not None
    assert left.total_seconds() == 20
