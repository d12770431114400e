"""What follows for stages that run, and for those that wait, when trials are to end early; without any executor."""

from collections.abc import Sequence

from orchestrator.execution.packs import Packs, Report
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue
from orchestrator.store.status import Status
from tests.orchestrator.test_packs import Told


def stage(stage_id: str, *trial_ids: str, needs: tuple[str, ...] = ()) -> StageTask:
    return StageTask(
        stage_id=stage_id, stage="stage1", config={}, label=stage_id, trial_ids=trial_ids, needs=needs, watched="loss"
    )


def packs_that_end(ending: dict[str, str], tasks: Sequence[StageTask], told: Told) -> Packs:
    return Packs(TaskQueue(tasks, pack=2), told, judge=lambda task, values: ending if values else {})


def test_one_of_a_pack_is_told_to_end_and_the_rest_of_its_suggestion_with_it() -> None:
    """b is the other seed, which waits; c is another suggestion; d needs a."""
    told = Told()
    tasks = [stage("a", "a"), stage("c", "c"), stage("b", "b"), stage("d", "a", needs=("a",))]
    packs = packs_that_end({"a": "worse", "b": "with a"}, tasks, told)
    assert [task.stage_id for task in packs.take("1") or ()] == ["a", "c"]
    packs.started("1")
    assert packs.told("1", [Report(stage_id="a", epoch=1), Report(stage_id="c", epoch=1)]) == {}
    assert packs.told("1", [Report(stage_id="a", epoch=2, values={2: 1.0})]) == {"a": "worse"}
    assert {stage_id: outcome.status for stage_id, outcome in told.over.items()} == {"b": Status.PRUNED}
    ended = Outcome(stage_id="a", status=Status.PRUNED, error="worse")
    assert packs.told("1", [Report(stage_id="a", outcome=ended), Report(stage_id="c", epoch=3)]) == {}
    assert told.over["d"].status == Status.PRUNED
    assert packs.queue.unfinished("c")


def test_another_seed_that_runs_in_another_pack_is_told_when_it_speaks_next() -> None:
    told = Told()
    tasks = [stage("a", "a"), stage("c", "c"), stage("b", "b"), stage("e", "e")]
    packs = packs_that_end({"a": "worse", "b": "with a"}, tasks, told)
    for name in ("1", "2"):
        packs.take(name)
        packs.started(name)
    assert packs.told("1", [Report(stage_id="a", values={1: 1.0})]) == {"a": "worse"}
    assert packs.told("2", [Report(stage_id="b"), Report(stage_id="e")]) == {"b": "with a"}
    assert told.over == {}


def test_a_stage_that_another_trial_needs_goes_on() -> None:
    told = Told()
    packs = packs_that_end({"a": "worse"}, [stage("shared", "a", "x"), stage("own", "a", needs=("shared",))], told)
    packs.take("1")
    packs.started("1")
    assert packs.told("1", [Report(stage_id="shared", values={1: 1.0})]) == {}
    assert told.over.keys() == {"own"}


def test_after_a_crash_it_is_told_again() -> None:
    told = Told()
    packs = packs_that_end({"a": "worse"}, [stage("a", "a")], told)
    packs.take("1")
    packs.started("1")
    packs.told("1", [Report(stage_id="a", values={1: 1.0})])
    packs.put_back_all()
    (again,) = packs.take("2") or ()
    packs.started("2")
    assert packs.told("2", [Report(stage_id=again.stage_id)]) == {"a": "worse"}
