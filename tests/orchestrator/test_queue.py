"""The task queue: order, needs, and what a failure takes with it."""

import math
from random import Random

import pytest

from orchestrator.planning.queue import Outcome, StageTask, TaskQueue, longest_first, makespan


def task(stage_id: str, *needs: str) -> StageTask:
    return StageTask(stage_id=stage_id, stage="stage1", config={}, label=stage_id, trial_ids=(stage_id,), needs=needs)


def outcome(stage_id: str, status: str = "done") -> Outcome:
    return Outcome(stage_id=stage_id, status=status, error=None if status == "done" else "out of luck", traceback="tb")


def handed_out(queue: TaskQueue) -> list[str]:
    ids = []
    while ready := queue.next_pack():
        ids += [task.stage_id for task in ready]
    return ids


def closed(queue: TaskQueue, stage_id: str, status: str = "done") -> list[str]:
    return [each.stage_id for each, _ in queue.close(outcome(stage_id, status))]


def packs(queue: TaskQueue) -> list[list[str]]:
    return [[each.stage_id for each in pack] for pack in iter(queue.next_pack, [])]


def test_tasks_are_handed_out_once_in_order() -> None:
    queue = TaskQueue([task("b"), task("a"), task("c")])
    assert handed_out(queue) == ["b", "a", "c"]
    assert queue.next_pack() == []
    assert not queue.finished


def test_a_task_waits_for_everything_it_needs() -> None:
    queue = TaskQueue([task("prior", "left", "right"), task("left"), task("right")])
    assert handed_out(queue) == ["left", "right"]
    assert closed(queue, "left") == ["left"]
    assert queue.next_pack() == []
    assert not queue.finished
    assert closed(queue, "right") == ["right"]
    assert handed_out(queue) == ["prior"]


def test_a_need_outside_the_queue_is_already_done() -> None:
    assert handed_out(TaskQueue([task("prior", "finished long ago")])) == ["prior"]


def test_a_task_that_needs_both_a_failure_and_its_dependent_is_dropped_once() -> None:
    queue = TaskQueue([task("root"), task("child", "root"), task("both", "root", "child")])
    assert handed_out(queue) == ["root"]
    assert closed(queue, "root", "failed") == ["root", "child", "both"]
    assert queue.finished


@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_dependents_of_a_failure_are_dropped_with_its_reason(status: str) -> None:
    queue = TaskQueue([task("root"), task("child", "root"), task("grandchild", "child"), task("other")])
    assert handed_out(queue) == ["root", "other"]
    dropped = {each.stage_id: how for each, how in queue.close(outcome("root", status))}
    assert list(dropped) == ["root", "child", "grandchild"]
    assert [queue.unfinished(each) for each in ("root", "child", "grandchild", "other")] == [False, False, False, True]
    assert {each.status for each in dropped.values()} == {status}
    assert dropped["child"].error == f"not run: the {status} stage root is needed first: out of luck"
    assert dropped["grandchild"].traceback == "tb"


def test_packs_are_full_while_there_is_enough_for_all_workers() -> None:
    tasks = [task(name) for name in "abcdefg"]
    assert packs(TaskQueue(tasks, pack=3)) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert packs(TaskQueue([])) == []


@pytest.mark.parametrize(
    ("ready", "pack", "workers", "sizes"),
    [(4, 3, 2, [2, 2]), (20, 16, 2, [10, 10]), (16, 9, 4, [4] * 4), (3, 9, 1, [3])],
)
def test_ready_tasks_are_shared_out_evenly(ready: int, pack: int, workers: int, sizes: list[int]) -> None:
    queue = TaskQueue([task(str(each)) for each in range(ready)], pack=pack, workers=workers)
    assert [len(queue.next_pack(running)) for running in range(workers)] == sizes
    assert queue.next_pack(workers) == []


def test_a_pack_holds_ready_tasks_only() -> None:
    queue = TaskQueue([task("a"), task("b", "a"), task("c"), task("d", "b")], pack=4)
    assert packs(queue) == [["a", "c"]]
    assert closed(queue, "a") == ["a"]
    assert packs(queue) == [["b"]]


def test_what_was_too_much_for_a_worker_comes_back_first_and_in_halves() -> None:
    queue = TaskQueue([task(name) for name in "abcde"], pack=4)
    too_many = queue.next_pack()
    queue.shrink(4)
    queue.shrink(4)  # another one of the same pack
    queue.put_back(too_many)
    assert not queue.finished
    assert packs(queue) == [["a", "b"], ["c", "d"], ["e"]]
    queue.shrink(1)
    queue.put_back(too_many[:2])
    assert packs(queue) == [["a"], ["b"]]


def test_a_small_pack_that_was_too_much_is_halved_whatever_the_limit() -> None:
    queue = TaskQueue([task("a"), task("b")], pack=16)
    queue.shrink(len(too_many := queue.next_pack()))
    queue.put_back(too_many)
    assert packs(queue) == [["a"], ["b"]]


def test_a_task_that_ends_after_it_was_put_back_is_not_handed_out_again() -> None:
    queue = TaskQueue([task("a"), task("b")], pack=2)
    queue.put_back(queue.next_pack()[:1])
    assert closed(queue, "a") == ["a"]
    assert packs(queue) == []


def chain(trial: str, *flops: float) -> list[StageTask]:
    """The stages of one trial, each needing the one before."""
    return [
        StageTask(
            stage_id=f"{trial}{stage}",
            stage=f"stage{stage}",
            config={},
            label=trial,
            trial_ids=(trial,),
            needs=(f"{trial}{stage - 1}",) if stage > 1 else (),
            flops=each,
        )
        for stage, each in enumerate(flops, start=1)
    ]


def test_the_longest_trials_come_first_and_each_is_finished_before_the_next() -> None:
    tasks = [*chain("short", 1, 1), *chain("long", 1, 9), *chain("alike", 8, 2), *chain("middle", 5)]
    ordered = [each.stage_id for each in longest_first(tasks)]
    assert ordered == ["long1", "long2", "alike1", "alike2", "middle1", "short1", "short2"]


def test_a_shared_stage_is_as_urgent_as_the_longest_trial_that_waits_for_it() -> None:
    shared = StageTask(
        stage_id="network", stage="fcn", config={}, label="network", trial_ids=("short", "long"), flops=0.5
    )
    tasks = [*chain("short", 1), *chain("middle", 2), shared, *chain("long", 3)]
    assert [each.stage_id for each in longest_first(tasks)] == ["network", "long1", "middle1", "short1"]


def test_no_tasks() -> None:
    assert longest_first([]) == []


def test_workers_that_wait_make_a_sweep_longer() -> None:
    tasks = [*chain("a", 1, 2), *chain("b", 4)]
    seconds = {each.stage_id: each.flops for each in tasks}
    assert makespan(tasks, seconds, 1) == 7
    assert makespan(tasks, seconds, 2) == 4
    assert makespan(list(reversed(tasks)), seconds, 2) == 4
    assert makespan(chain("a", 1, 2), seconds, 9) == 3
    assert makespan([], {}, 2) == 0


class SlowQueue:
    """What a queue does, written as a look at all of its tasks each time."""

    def __init__(self, tasks: list[StageTask], pack: int) -> None:
        self.waiting = {task.stage_id: task for task in tasks}
        self.unfinished = set(self.waiting)
        self.pack = pack

    def next_pack(self, others: int) -> list[str]:
        ready = [task.stage_id for task in self.waiting.values() if self.unfinished.isdisjoint(task.needs)]
        found = ready[: min(self.pack, math.ceil(len(ready) / max(1, others)))]
        for stage_id in found:
            del self.waiting[stage_id]
        return found

    def put_back(self, tasks: list[StageTask]) -> None:
        self.waiting = {task.stage_id: task for task in tasks} | self.waiting

    def close(self, stage_id: str, status: str) -> list[str]:
        self.waiting.pop(stage_id, None)
        self.unfinished.remove(stage_id)
        over = [stage_id]
        for each in list(self.waiting.values()) if status != "done" else []:
            if stage_id in each.needs and each.stage_id in self.waiting:
                over += self.close(each.stage_id, status)
        return over


@pytest.mark.parametrize("seed", range(40))
def test_a_queue_hands_out_what_a_look_at_all_its_tasks_would(seed: int) -> None:
    """Random graphs, packs, ends and returns."""
    draw = Random(seed)
    names = [f"{number:02d}" for number in range(30)]
    draw.shuffle(names)
    needs = [draw.sample(names[:place], min(place, draw.choice((0, 0, 1, 2)))) for place in range(len(names))]
    tasks = [task(name, *before, "done long ago") for name, before in zip(names, needs, strict=True)]
    draw.shuffle(tasks)
    queue, slow = TaskQueue(tasks, pack=draw.choice((1, 3)), workers=3), SlowQueue(tasks, 3)
    slow.pack = queue.pack
    running: list[StageTask] = []
    while not queue.finished:
        others = draw.randrange(3)
        given = queue.next_pack(others)
        assert [each.stage_id for each in given] == slow.next_pack(3 - others)
        running += given
        draw.shuffle(running)
        back = [running.pop() for _ in range(draw.randrange(len(running) + 1))] if draw.random() < 0.2 else []
        queue.put_back(back)
        slow.put_back(back)
        for each in [running.pop() for _ in range(draw.randrange(len(running) + 1))]:
            status = draw.choice(("done", "done", "done", "failed"))
            over = closed(queue, each.stage_id, status)
            assert over == slow.close(each.stage_id, status)
            running = [other for other in running if other.stage_id not in over]
    assert not slow.unfinished
