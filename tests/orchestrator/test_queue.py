"""The task queue: order, needs, and what a failure takes with it."""

import pytest

from orchestrator.tasks import Outcome, StageTask, TaskQueue


def task(stage_id: str, *needs: str) -> StageTask:
    return StageTask(stage_id=stage_id, stage="stage1", config={}, label=stage_id, trial_ids=(stage_id,), needs=needs)


def outcome(stage_id: str, status: str = "done") -> Outcome:
    return Outcome(stage_id=stage_id, status=status, error=None if status == "done" else "out of luck", traceback="tb")


def handed_out(queue: TaskQueue) -> list[str]:
    ids = []
    while (ready := queue.next_ready()) is not None:
        ids.append(ready.stage_id)
    return ids


def test_tasks_are_handed_out_once_in_order() -> None:
    queue = TaskQueue([task("b"), task("a"), task("c")])
    assert handed_out(queue) == ["b", "a", "c"]
    assert queue.empty
    assert queue.next_ready() is None


def test_a_task_waits_for_everything_it_needs() -> None:
    queue = TaskQueue([task("prior", "left", "right"), task("left"), task("right")])
    assert handed_out(queue) == ["left", "right"]
    assert list(queue.close(outcome("left"))) == []
    assert queue.next_ready() is None
    assert not queue.empty
    assert list(queue.close(outcome("right"))) == []
    assert handed_out(queue) == ["prior"]


def test_a_need_outside_the_queue_is_already_done() -> None:
    assert handed_out(TaskQueue([task("prior", "finished long ago")])) == ["prior"]


def test_a_task_that_needs_both_a_failure_and_its_dependent_is_dropped_once() -> None:
    queue = TaskQueue([task("root"), task("child", "root"), task("both", "root", "child")])
    assert handed_out(queue) == ["root"]
    assert [each.stage_id for each in queue.close(outcome("root", "failed"))] == ["child", "both"]
    assert queue.empty


@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_dependents_of_a_failure_are_dropped_with_its_reason(status: str) -> None:
    queue = TaskQueue([task("root"), task("child", "root"), task("grandchild", "child"), task("other")])
    assert handed_out(queue) == ["root", "other"]
    dropped = {each.stage_id: each for each in queue.close(outcome("root", status))}
    assert list(dropped) == ["child", "grandchild"]
    assert queue.empty
    assert {each.status for each in dropped.values()} == {status}
    assert dropped["child"].error == f"not run: the {status} stage root is needed first: out of luck"
    assert dropped["grandchild"].traceback == "tb"
