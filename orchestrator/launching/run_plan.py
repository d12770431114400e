"""Running what a plan lacks: what is told of it, and the end, asked for or not."""

from collections.abc import Mapping

from rich.console import Console

from orchestrator.errors import ExecutorError
from orchestrator.execution.executor import Executor
from orchestrator.execution.packs import Packs
from orchestrator.launching.interrupt import stop_on_signals
from orchestrator.launching.listener import LaunchListener
from orchestrator.launching.pace import Pace
from orchestrator.launching.progress import Counts, ProgressDisplay
from orchestrator.launching.recorder import Recorder
from orchestrator.planning.plan import Plan
from orchestrator.planning.queue import TaskQueue


def run_plan(
    plan: Plan, executor: Executor, recorder: Recorder, console: Console, *, rates: Mapping[str, float]
) -> bool:
    """Run a plan's stages and say whether the user stopped them; what ends is kept at once.

    Args:
        plan: what the sweep lacks.
        executor: runs it.
        recorder: keeps it.
        console: where to tell of it.
        rates: operations a second of a worker by kind of stage, as far as they are known or guessed.
    """
    before = len(plan.finished) + len(plan.to_assemble)
    pace = Pace(plan.tasks, rates)
    counts = Counts(trials=len(plan.sweep.cells), before=before, pace=pace, failed=len(plan.failed))
    with ProgressDisplay(counts, console) as display:
        listener = LaunchListener(recorder, display)
        packs = Packs(TaskQueue(plan.tasks, pack=executor.capacity.pack), listener)
        try:
            with stop_on_signals(listener):
                executor.execute(packs)
        except ExecutorError as error:
            display.say(str(error))
        except KeyboardInterrupt:
            if not listener.stopping:
                raise
        finally:
            listener.close()
    return listener.stopping
