"""What becomes of packs whose worker or whose executor dies: the rules, without any executor."""

import pytest

from orchestrator.execution import room
from orchestrator.execution.death import Death
from orchestrator.execution.packs import Packs, Report
from orchestrator.execution.room import Room
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue
from orchestrator.store.status import Status


class Told:
    """A listener: lists of stage ids and lines."""

    stopping = False

    def __init__(self) -> None:
        self.running: list[str] = []
        self.back: list[str] = []
        self.lines: list[str] = []
        self.over: dict[str, Outcome] = {}

    def started(self, task: StageTask) -> None:
        self.running.append(task.stage_id)

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        pass

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        self.over[task.stage_id] = outcome

    def put_back(self, task: StageTask) -> None:
        self.back.append(task.stage_id)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def tick(self) -> None:
        pass


def task(stage_id: str) -> StageTask:
    return StageTask(
        stage_id=stage_id, stage="stage1", config={}, label=stage_id, trial_ids=(stage_id,), memory_bytes=1_200_000_000
    )


MEMORY = Death(
    kind="memory", reason="22.3GB used / 23.5GB", ended_by="Ray", worker_bytes=2_000_000_000, text="all that Ray says"
)
KILLED = Death(kind="process")


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PAUSE_SECONDS", -1.0)


def handed_out(packs: Packs, name: str) -> list[str]:
    """Let a worker take up a pack."""
    tasks = packs.take(name)
    assert tasks is not None
    if tasks:
        packs.started(name)
    return [each.stage_id for each in tasks]


def test_memory_that_runs_out_beside_others_is_no_stage_s_fault(told: Told) -> None:
    packs = Packs(TaskQueue([task("a"), task("b"), task("c")], workers=2), told)
    assert (handed_out(packs, "1"), handed_out(packs, "2")) == (["a"], ["b"])
    packs.died("2", MEMORY)
    packs.died("1", MEMORY)  # both at once, as Ray may do
    assert told.over == {}
    assert told.back == ["b", "a"]
    assert handed_out(packs, "3") == ["a"]
    assert handed_out(packs, "4") == []  # one at a time now
    packs.told("3", [Report(stage_id="a", outcome=Outcome(stage_id="a", status="done"))], 5)
    packs.over("3")
    assert handed_out(packs, "5") == ["b"]
    assert told.over["a"].status == "done"


def test_one_that_memory_ends_twice_alone_has_failed_with_its_peak_and_the_others_have_room_again(told: Told) -> None:
    packs = Packs(TaskQueue([task(name) for name in "abc"], workers=2), told)
    handed_out(packs, "1"), handed_out(packs, "2")
    packs.died("1", MEMORY)
    packs.over("2")
    for name in "34":
        assert handed_out(packs, name) == ["a"]
        assert handed_out(packs, "beside") == []
        packs.told(name, [], 1_500_000_000)
        packs.died(name, MEMORY)
    failed = told.over["a"]
    assert (failed.status, failed.traceback) == ("failed", "all that Ray says")
    assert failed.error == (
        "memory ran short (22.3GB used / 23.5GB) and Ray ended its worker, 2 times, alone: it had 2.00 GB, "
        "1.20 GB were expected; a smaller batch_size, fewer --workers, or less beside ncvq on this machine would help"
    )
    assert handed_out(packs, "5") == ["c"]
    assert packs.room.limit is None


def test_deaths_of_memory_and_others_are_counted_apart(told: Told) -> None:
    packs = Packs(TaskQueue([task("a")]), told)
    for name, death in (("1", MEMORY), ("2", KILLED)):
        handed_out(packs, name)
        packs.died(name, death)
    assert told.over == {}
    handed_out(packs, "3")
    packs.died("3", KILLED)
    assert told.over["a"].status == "failed"


def test_a_machine_or_a_ray_that_is_gone_is_no_crash(told: Told) -> None:
    packs = Packs(TaskQueue([task("a"), task("b")], workers=2), told)
    for number in range(9):
        assert handed_out(packs, f"left {number}") == ["ab"[number % 2]], "the one that was put back last"
        handed_out(packs, f"right {number}")
        packs.died(f"left {number}", Death(kind="node"))
        assert packs.put_back_all() == 1
    assert told.over == {}
    assert packs.crashes == {}


@pytest.mark.parametrize("kind", ["memory", "process", "silent", "raised"])
def test_nobody_promises_a_smaller_pack_than_one_and_no_reason_is_none(told: Told, kind: str) -> None:
    packs = Packs(TaskQueue([task("a")]), told)
    for name in "12":
        handed_out(packs, name)
        packs.died(name, Death(kind=kind))  # type: ignore[arg-type]
    error = told.over["a"].error
    assert error
    for line in (*told.lines, error):
        assert "smaller pack" not in line
        assert "None" not in line
        assert not line.rstrip().endswith(":")


def test_a_larger_pack_is_halved(told: Told) -> None:
    packs = Packs(TaskQueue([task(name) for name in "abcd"], pack=4), told)
    assert handed_out(packs, "1") == list("abcd")
    packs.died("1", KILLED)
    assert all("smaller pack" in line for line in told.lines)
    assert handed_out(packs, "2") == list("ab")
    packs.told("2", [Report(stage_id="a", outcome=Outcome(stage_id="a", status=Status.CROWDED))])
    assert told.lines[-1] == "put back stage1 a: memory ran out beside others, it runs again in a smaller pack"


def test_room_comes_back_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(room, "PAUSE_SECONDS", 10.0)
    place = Room()
    assert place.free(7)
    assert place.short(2) == 2
    assert not place.free(0)  # what took the memory may go
    now[0] = 11.0
    assert (place.free(1), place.free(2)) == (True, False)
    now[0] = 601.0
    assert (place.free(2), place.free(3)) == (True, False)
    now[0] = 1202.0
    assert (place.free(3), place.free(4)) == (True, False)
    place.found()
    assert place.free(99)


def test_a_worker_that_does_not_start_is_noticed(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [5.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    packs = Packs(TaskQueue([task("a"), task("b")], workers=2), told)
    assert handed_out(packs, "1") == ["a"]
    packs.take("2")
    now[0] = 25.0
    assert packs.waiting_seconds() == 20
    packs.started("2")
    assert packs.waiting_seconds() == 0
