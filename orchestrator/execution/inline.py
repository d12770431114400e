"""Runs stages in this process: for tests, debuggers and machines without Ray."""

from ncvq_core.training.process import prepare_process
from orchestrator.execution.executor import Executor
from orchestrator.execution.pack_job import PackJob
from orchestrator.execution.packs import Packs

SLICE_SECONDS = 1.0
HERE = "here"


class InlineExecutor(Executor):
    """One pack after the other, in the calling thread."""

    def execute(self, packs: Packs) -> None:
        """Run every stage, or as many as there are before the user stops it."""
        prepare_process(deterministic=self.worker.deterministic)
        while not packs.stopping and (tasks := packs.take(HERE)):
            pack = PackJob(tasks, self.worker)
            packs.started(HERE)
            while pack.open and not packs.stopping:
                pack.end_early(packs.told(HERE, pack.work(SLICE_SECONDS)))
                packs.tick()
            pack.save_checkpoints()
            packs.over(HERE)
