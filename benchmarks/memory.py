"""Peak memory of each stage on a CPU: of training, what checkpoints and results add to it, and what `ncvq plan` says.

Every row is a trial of random series, each of its stages in processes of its own, which import what a worker of a
launch imports. Resident memory in MB (10⁶ bytes), as Linux counts its peak (VmHWM):

- training: after some steps, before anything was written;
- checkpoint, result: what writing them adds to the peak so far;
- reading: what was in use at a time before the first step, but no longer is, the earlier stages' weights among it;
- restored: what a process exceeds `training` by that goes on from the checkpoint;
- whole: the stage with its evaluation; planned: `memory_bytes` of `ncvq_core.stages.cost`, and its ratio to whole.

    python -m benchmarks.memory
"""

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.memory_cases import CASES
from ncvq_core.config import TrialConfig
from ncvq_core.stages.base import StageRun
from orchestrator.planning.graph import TrialStage, trial_stages

STEPS = 6
SERIES = 512
HEADER = "| case | stage | training | checkpoint | result | reading | restored | whole | planned | planned / whole |"


class Peaks(NamedTuple):
    """MB of one process."""

    reading: float
    training: float
    checkpoint: float
    result: float
    whole: float
    planned: float


def main() -> None:
    """Print one row a case and stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=int, choices=range(len(CASES)), help="one of the cases only")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    print(HEADER)
    print("|---" * HEADER.count(" | ") + "|---|")
    for values in CASES if arguments.case is None else [CASES[arguments.case]]:
        with tempfile.TemporaryDirectory() as folder:
            for row in rows(values, Path(folder), arguments.threads):
                print(row, flush=True)


def rows(values: dict[str, Any], folder: Path, threads: int) -> Iterator[str]:
    """Run the stages of a trial one after the other, and return a row for each."""
    length = values.pop("length")
    write_series(folder / "data", length)
    epochs = {"epochs": 3} | ({"prior_epochs": 20} if "stages" in values else {})
    config = TrialConfig.from_dict({"dataset": "Made", **epochs, **values})
    name = ", ".join([f"{value}" for value in values.values()] + [f"length {length}"])
    for stage in trial_stages(config):
        apart = partial(in_a_process, stage, config.to_dict(), folder, threads)
        first, restored = apart(trained), apart(restored_and_trained)
        extra = (first.checkpoint, first.result, first.reading, max(0.0, restored.training - first.training))
        numbers = [first.training, *extra, first.whole, first.planned]
        cells = [name, stage.kind.name, *(f"{number:.0f}" for number in numbers), f"{first.planned / first.whole:.2f}"]
        yield f"| {' | '.join(cells)} |"


def in_a_process(
    stage: TrialStage, config: dict[str, Any], folder: Path, threads: int, work: Callable[..., Peaks]
) -> Peaks:
    """Measure in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(measured, (stage, config, folder, threads, work))


def measured(
    stage: TrialStage, values: dict[str, Any], folder: Path, threads: int, work: Callable[..., Peaks]
) -> Peaks:
    """Set a stage up as a worker does, and do some work with it."""
    import torch

    import orchestrator.execution.ray.worker  # noqa: F401  what a worker has loaded
    from ncvq_core.data import load_dataset
    from ncvq_core.stages.kind import Given
    from ncvq_core.training.process import prepare_process
    from orchestrator.execution.models import needed_models
    from orchestrator.planning.plan import expected_cost
    from orchestrator.store import Store

    prepare_process()
    torch.set_num_threads(threads)
    config, store = TrialConfig.from_dict(values), Store(folder / "store", create=True)
    dataset = load_dataset("Made", folder / "data")
    models = needed_models(store, stage.needs.values())
    needed = {name: models[stage_id].tensors for name, stage_id in stage.needs.items()}
    run = stage.kind.build(Given(config, dataset, needed))
    reading = peak() - resident()
    planned = expected_cost(stage.kind.name, config, dataset).memory_bytes / 1e6
    return work(run, store, stage.stage_id)._replace(reading=reading, planned=planned)


def trained(run: StageRun, store: Any, stage_id: str) -> Peaks:
    """Train, keep a checkpoint on the way, and the result at the end."""
    from orchestrator.execution.checkpoint import Earlier, write_checkpoint
    from orchestrator.execution.tensor_file import write_tensors
    from orchestrator.store import StageRecord

    train(run, STEPS)
    training = peak()
    write_checkpoint(store.checkpoint_path(stage_id).with_name("kept"), run, Earlier(datetime.now(UTC), 0.0), {})
    checkpoint = peak()
    while not run.finished:
        run.step()
    result = run.result()
    evaluated = peak()
    record = StageRecord(metrics=result.metrics, timings={}, provenance={}, history=[], details={"fcn": "made"})
    store.write_stage(stage_id, record, partial(write_tensors, tensors=result.tensors))
    return Peaks(0.0, training, checkpoint - training, peak() - evaluated, peak(), 0.0)


def restored_and_trained(run: StageRun, store: Any, stage_id: str) -> Peaks:
    """Go on from the checkpoint."""
    from orchestrator.execution.checkpoint import restore_checkpoint

    restore_checkpoint(store.checkpoint_path(stage_id).with_name("kept"), run, {})
    train(run, STEPS)
    return Peaks(0.0, peak(), 0.0, 0.0, peak(), 0.0)


def train(run: StageRun, steps: int) -> None:
    """Do some steps, as far as there are so many."""
    for _ in range(steps):
        if not run.finished:
            run.step()


def write_series(folder: Path, length: int) -> None:
    """Write a dataset `Made` of two classes of noise."""
    draws = np.random.default_rng(0)
    (folder / "Made").mkdir(parents=True)
    for part in ("TRAIN", "TEST"):
        values = draws.normal(size=(SERIES, length)).cumsum(axis=1)
        table = np.column_stack([np.arange(SERIES) % 2, values])
        np.savetxt(folder / "Made" / f"Made_{part}.tsv", table, delimiter="\t", fmt="%.5g")


def peak() -> float:
    """Return the highest resident memory of this process so far, in MB."""
    return status("VmHWM")


def resident() -> float:
    """Return the resident memory of this process, in MB."""
    return status("VmRSS")


def status(entry: str) -> float:
    """Return an entry of this process's status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(entry))


if __name__ == "__main__":
    main()
