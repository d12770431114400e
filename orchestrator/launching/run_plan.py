"""Running what a plan lacks: what is told of it, and the end, asked for or not."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from orchestrator.errors import ExecutorError
from orchestrator.execution.executor import Executor
from orchestrator.execution.packs import Packs, to_their_end
from orchestrator.launching.interrupt import stop_on_signals
from orchestrator.launching.listener import LaunchListener
from orchestrator.launching.pace import Pace
from orchestrator.launching.progress import Counts, ProgressDisplay
from orchestrator.launching.recorder import Recorder
from orchestrator.planning.growing_queue import GrowingQueue
from orchestrator.planning.plan import Plan
from orchestrator.planning.queue import StageTask, TaskQueue

if TYPE_CHECKING:  # Optuna, for a search alone
    from orchestrator.launching.suggester import Suggester


def run_plan(
    plan: Plan,
    executor: Executor,
    recorder: Recorder,
    console: Console,
    *,
    rates: Mapping[str, float],
    suggester: "Suggester | None" = None,
) -> bool:
    """Run a plan's stages and say whether the user stopped them; what ends is kept at once.

    Args:
        plan: what the sweep lacks.
        executor: runs it.
        recorder: keeps it.
        console: where to tell of it.
        rates: operations a second of a worker by kind of stage, as far as they are known or guessed.
        suggester: of a search: says what else there is to run.
    """
    pace = Pace(plan.tasks, rates)
    queue, trials = TaskQueue(plan.tasks, pack=executor.capacity.pack), len(plan.sweep.cells)
    if suggester:
        queue = _growing(plan.tasks, executor.capacity.pack, suggester, pace)
        trials += suggester.left * suggester.search.trials_each
    counts = Counts(
        trials=trials, before=len(plan.finished) + len(plan.to_assemble), pace=pace, failed=len(plan.failed)
    )
    with ProgressDisplay(counts, console) as display:
        listener = LaunchListener(recorder, display)
        try:
            with stop_on_signals(listener):
                executor.execute(Packs(queue, listener, judge=suggester.judge if suggester else to_their_end))
        except ExecutorError as error:
            display.say(str(error))
        except KeyboardInterrupt:
            if not listener.stopping:
                raise
        finally:
            listener.close()
    return listener.stopping


def _growing(tasks: Sequence[StageTask], pack: int, suggester: "Suggester", pace: Pace) -> TaskQueue:
    """Return a queue that asks for suggestions, and tells the pace of them and of those to come."""
    pace.add((), suggester.flops_left())

    def more() -> list[StageTask] | None:
        drawn = suggester.more()
        pace.add(drawn or (), suggester.flops_left())
        return drawn

    return GrowingQueue(tasks, pack=pack, more=more)
