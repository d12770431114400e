"""A worker's pack: stage 1, the FCN, stage 2 and samples, with a store."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.series import made, write
from benchmarks.gpu.trainers import SMALL, SMALL_PRIOR, WITH_SSL
from ncvq_core.config import TrialConfig
from orchestrator.execution.pack_job import PackJob
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.queue import StageTask, TaskQueue
from orchestrator.store import Store
from orchestrator.store.status import Status

EPOCHS = 3


def checks(place: Place) -> Iterator[Check]:
    """Yield a pack without graphs, and one with."""
    yield Check(name="eager", run=partial(_runs_through, place, graphs=False))
    yield Check(name="graphs", run=partial(_captured, place))


def _captured(place: Place) -> Found:
    place.need_gpu("nothing is captured on a CPU")
    return _runs_through(place, graphs=True)


def _runs_through(place: Place, *, graphs: bool) -> Found:
    data = made("Tiny")
    values = {"dataset": data.name, "stages": 2, **SMALL, **WITH_SSL, **SMALL_PRIOR, "sampling_steps": 2}
    configs = [
        TrialConfig.from_dict({**values, "epochs": EPOCHS, "prior_epochs": EPOCHS, "seed": seed}) for seed in (0, 1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        write(data, Path(folder, "data"))
        store = Store(Path(folder, "store"), create=True)
        worker = WorkerSettings(
            store=store.path, data_dir=Path(folder, "data"), device=place.device.type, threads=1, graphs=graphs
        )
        queue, done = TaskQueue(_tasks(configs), pack=4), 0
        while tasks := queue.next_pack():
            pack = PackJob(tasks, worker)
            while pack.active:
                pack.work(1.0)
            for job in pack.jobs:
                assert job.outcome is not None
                assert job.outcome.status == Status.DONE, f"{job.task.stage}: {job.outcome.error}"
                list(queue.close(job.outcome))
                done += 1
        metrics = [store.read_stage(stage.stage_id).metrics for stage in trial_stages(configs[0])]
    found = {name: value for each in metrics for name, value in each.items() if name in ("recon_time", "fid", "cas")}
    return {"stages": done, **found}


def _tasks(configs: list[TrialConfig]) -> list[StageTask]:
    """Return the stages of trials, each once."""
    tasks = {
        stage.stage_id: StageTask(
            stage_id=stage.stage_id,
            stage=stage.kind.name,
            config=config.to_dict(),
            label=f"seed={config.stage1.seed}",
            trial_ids=(config.trial_id,),
            needs=tuple(stage.needs.values()),
        )
        for config in configs
        for stage in trial_stages(config)
    }
    return list(tasks.values())
