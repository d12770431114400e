"""A queue that asks for more: when it asks, when it is over, and what becomes of a stage that comes twice."""

from orchestrator.planning.growing_queue import GrowingQueue
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store.status import Status


def task(stage_id: str, *trial_ids: str, needs: tuple[str, ...] = ()) -> StageTask:
    ids = trial_ids or (f"trial {stage_id}",)
    return StageTask(stage_id=stage_id, stage="stage1", config={}, label="", trial_ids=ids, needs=needs)


def ids(tasks: list[StageTask]) -> list[str]:
    return [each.stage_id for each in tasks]


def done(queue: GrowingQueue, stage_id: str) -> StageTask:
    ((closed, _),) = queue.close(Outcome(stage_id=stage_id, status=Status.DONE))
    return closed


def test_it_asks_only_when_nothing_else_is_ready() -> None:
    later = [[task("c")], [], [task("d")]]
    queue = GrowingQueue([task("a"), task("b")], more=lambda: later.pop(0) if later else None)
    assert (ids(queue.next_pack()), ids(queue.next_pack()), len(later)) == (["a"], ["b"], 3)
    assert (ids(queue.next_pack()), len(later)) == (["c"], 2)
    for stage_id in "abc":
        done(queue, stage_id)
    assert not queue.finished
    assert ids(queue.next_pack()) == ["d"]
    assert queue.next_pack() == []
    assert not queue.finished
    done(queue, "d")
    assert queue.finished


def test_a_pack_is_filled() -> None:
    later = [[task("a")], [task("b")], [task("c")]]
    queue = GrowingQueue([], pack=2, more=lambda: later.pop(0) if later else None)
    assert ids(queue.next_pack()) == ["a", "b"]
    assert ids(queue.next_pack()) == ["c"]


def test_a_stage_that_runs_is_of_later_trials_too() -> None:
    later = [[task("a", "second"), task("prior", "second", needs=("a",))]]
    queue = GrowingQueue([task("a", "first")], more=lambda: later.pop(0) if later else None)
    assert ids(queue.next_pack()) == ["a"]
    assert queue.next_pack() == []
    assert done(queue, "a").trial_ids == ("first", "second")
    assert ids(queue.next_pack()) == ["prior"]
