"""How far a launch is, and how long it takes from there."""

import time
from io import StringIO
from random import Random

import pytest
from rich.console import Console

from orchestrator.launching.pace import Pace
from orchestrator.launching.progress import Counts, ProgressDisplay
from orchestrator.planning.queue import Outcome, StageTask


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


MEASURED = {
    "stage1": (6.84e9, 8.0, 100),
    "fcn": (5.31e11, 27.0, 200),
    "stage2": (7.64e9, 3.0, 100),
    "samples": (1.53e11, 5.0, 5),
}
"""Of tiny models on one core: operations, seconds and epochs of each kind of stage."""


def kind_of_task(stage: str, number: int) -> StageTask:
    flops, _, epochs = MEASURED[stage]
    return StageTask(
        stage_id=f"{stage}{number}", stage=stage, config={}, label=stage, trial_ids=(str(number),), epochs=epochs,
        flops=flops,
    )  # fmt: skip


def test_the_remaining_time_falls_while_an_fcn_trains_and_is_there_to_the_end(clock: list[float]) -> None:
    """Kinds of stages differ twentyfold in seconds an operation, and an FCN's epochs count."""
    tasks = [kind_of_task(stage, number) for number in range(3) for stage in ("stage1", "fcn", "stage2", "samples")]
    pace = Pace(tasks, dict.fromkeys(MEASURED, 2.5e10))
    truth = sum(MEASURED[task.stage][1] for task in tasks)
    seen: dict[str, list[float]] = {}
    for task_ in tasks:
        _, seconds, epochs = MEASURED[task_.stage]
        pace.started(task_)
        for second in range(1, int(seconds) + 1):
            clock[0] += 1
            truth -= 1
            pace.advanced(task_, int(epochs * second / seconds), 0)
            left = pace.remaining()
            assert left is not None
            assert left.total_seconds() >= 1 or not truth
            if task_.stage_id != "stage10":  # before that, nothing is measured
                assert truth / 2 <= left.total_seconds() + 3 <= 2 * truth + 6
            seen.setdefault(task_.stage_id, []).append(left.total_seconds())
        pace.ended(task_, done=True)
    for later, earlier in zip(seen["fcn0"][3:], seen["fcn0"][2:], strict=False):
        assert later <= earlier + 1
    left = pace.remaining()
    assert left is not None
    assert left.total_seconds() == 0
    assert pace.share == 1


def test_stages_side_by_side_share_the_time(clock: list[float]) -> None:
    tasks = [task(name, 100.0) for name in "abcd"]
    pace = Pace(tasks)
    for each in tasks[:2]:
        pace.started(each)
    clock[0] += 10
    for each in tasks[:2]:
        pace.advanced(each, 50, 0)
    left = pace.remaining()
    assert left is not None
    assert left.total_seconds() == 30


def test_what_is_put_back_is_left_to_do(clock: list[float]) -> None:
    pace = Pace([task("a", 100.0)])
    pace.started(task("a", 100.0))
    clock[0] += 10
    pace.advanced(task("a", 100.0), 50, 0)
    pace.put_back(task("a", 100.0))
    left = pace.remaining()
    assert left is not None
    assert (left.total_seconds(), pace.share, pace.running) == (20, 0, {})
    pace.started(task("a", 100.0))
    pace.advanced(task("a", 100.0), 50, 50)  # from its checkpoint
    left = pace.remaining()
    assert left is not None
    assert left.total_seconds() == 10


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("clock")
def test_the_remaining_time_is_that_of_a_slow_version_that_looks_at_all_stages(seed: int) -> None:
    """The clock stands still, so that the rates are those that are known."""
    random = Random(seed)
    trials = [str(number) for number in range(random.randint(1, 8))]
    tasks = [
        StageTask(
            stage_id=str(number), stage=random.choice(list(MEASURED)), config={}, label="", epochs=10,
            trial_ids=tuple(random.sample(trials, random.randint(1, len(trials)))), flops=random.uniform(1, 1000),
        )
        for number in range(12)
    ]  # fmt: skip
    rates = {kind: random.uniform(0.1, 10) for kind in MEASURED}
    pace, left, most = Pace(tasks, rates), {task.stage_id: task.flops for task in tasks}, 1
    while left:
        task_ = random.choice([task for task in tasks if task.stage_id in left])
        what = random.choice(["advanced", "ended", "put back"])
        pace.started(task_)
        most = max(most, len(pace.running))
        if what == "advanced":
            pace.advanced(task_, epoch := random.randint(0, 10), 0)
            left[task_.stage_id] = task_.flops * (1 - epoch / 10)
        elif what == "ended":
            pace.ended(task_, done=True)
            del left[task_.stage_id]
        else:
            pace.put_back(task_)
            left[task_.stage_id] = task_.flops
        seconds = {task.stage_id: left.get(task.stage_id, 0.0) / rates[task.stage] for task in tasks}
        needed = [sum(seconds[task.stage_id] for task in tasks if trial in task.trial_ids) for trial in trials]
        expected = max(sum(seconds.values()) / most, *needed)
        remaining = pace.remaining()
        assert remaining is not None
        assert remaining.total_seconds() == pytest.approx(max(1, expected) if left else 0, abs=0.51)
