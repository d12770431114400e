"""Seconds and units of one epoch of stage 2, and of sampling 256 series.

Units and floor are those of benchmarks/tokenizer.py. The tokenizer is trained for one epoch: what it has learned makes
no difference to the time.

    python -m benchmarks.prior --data-dir UCRArchive_2018 --threads 2
"""

import argparse
import multiprocessing
from pathlib import Path

import torch

from benchmarks.units import HEADER, Measured, precisions, timed_in_turn
from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.prior.series_sampler import load_generator
from ncvq_core.stages.prior.cost import prior_cost, sampling_flops
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.training.memory import peak_memory_bytes
from ncvq_core.training.process import prepare_process

SAMPLES = 256
CASES = [
    ("ECG5000", {"epoch": 39, "sampling": 65}),
    ("FordA", {"epoch": 550}),
]
"""Dataset, and for each task units of the published code, from another machine."""


def measure(dataset_name: str, task: str, precision: str, data_dir: Path, threads: int, rounds: int) -> Measured:
    """Time one case in turn with the unit product, in a process of its own."""
    prepare_process()
    torch.set_num_threads(threads)
    config = TrialConfig.from_dict({"dataset": dataset_name, "stages": 2, "precision": precision, "epochs": 1})
    dataset = load_dataset(dataset_name, data_dir)
    tokenizer = Stage1Run(config.stage1, dataset)
    tokenizer.advance()
    run = Stage2Run(config, dataset, tokenizer.result().tensors)
    for _ in range(3):
        run.trainer.step()
    cost = prior_cost(config, len(dataset.train), dataset.channels, dataset.length)
    if task == "epoch":
        timing = timed_in_turn(run.trainer.step, precision, rounds, 1).times(run.trainer.order.steps)
        flops = cost.flops / run.config.prior_epochs
    else:
        generator = load_generator(config, dataset, tokenizer.result().tensors, run.trainer.prior.state_dict())
        labels, draws = generator.unconditional(SAMPLES), torch.Generator()
        timing = timed_in_turn(lambda: generator.sample(labels, draws), precision, rounds, 1)
        flops = SAMPLES * sampling_flops(config, dataset.channels, dataset.length, SAMPLES)
    return Measured(timing, flops, peak_memory_bytes(run.device))


def main() -> None:
    """Print one row a case and precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="archive with ECG5000 and FordA")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    print(HEADER)
    for dataset, tasks in CASES:
        for task, published in tasks.items():
            for precision in precisions():
                case = (dataset, task, precision, arguments.data_dir, arguments.threads, arguments.rounds)
                with multiprocessing.get_context("spawn").Pool(1) as process:
                    measured = process.apply(measure, case)
                name = f"{dataset}, one epoch" if task == "epoch" else f"{dataset}, sampling {SAMPLES} series"
                print(measured.row(name, precision, published), flush=True)


if __name__ == "__main__":
    main()
