"""Seconds and units of one epoch of stage 1.

Units are those of benchmarks/units.py. The floor is the arithmetic of an epoch (products and convolutions, forward and
backward) at the rate of a large product in the same precision.

    python -m benchmarks.tokenizer --data-dir UCRArchive_2018 --threads 2
"""

import argparse
import multiprocessing
from pathlib import Path

import torch

from benchmarks.units import HEADER, Measured, precisions, timed_in_turn
from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.stages.tokenizer.cost import tokenizer_cost
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.training.memory import peak_memory_bytes
from ncvq_core.training.process import prepare_process

CASES = [
    ("ECG5000", "none", None, 13),
    ("ECG5000", "barlowtwins", "slice_and_shuffle", 175),
    ("ECG5000", "vibcreg", "gaussian_noise", 150),
    ("FordA", "barlowtwins", "slice_and_shuffle", 1470),
]
"""Dataset, SSL method, augmentation, and units of the published code, from another machine."""


def measure(
    dataset: str, ssl: str, augmentation: str | None, precision: str, data_dir: Path, threads: int, rounds: int
) -> Measured:
    """Time the steps of one case in turn with the unit product, in a process of its own."""
    prepare_process()
    torch.set_num_threads(threads)
    settings = {
        "dataset": dataset,
        "ssl": ssl,
        "precision": precision,
        "augmentations": [augmentation] if augmentation else [],
    }
    config = TrialConfig.from_dict(settings).stage1
    run = Stage1Run(config, load_dataset(dataset, data_dir))
    trainer = run.trainer
    for _ in range(8):
        trainer.step()
    memory = peak_memory_bytes(run.device)
    timing = timed_in_turn(trainer.step, precision, rounds, 2).times(trainer.order.steps)
    cost = tokenizer_cost(config, len(run.dataset.train), run.dataset.channels, run.dataset.length)
    return Measured(timing, cost.flops / config.epochs, memory)


def main() -> None:
    """Print one row a case and precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="archive with ECG5000 and FordA")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--case", type=int, choices=range(len(CASES)), help="one row of the table only")
    arguments = parser.parse_args()
    print(HEADER)
    cases = CASES if arguments.case is None else [CASES[arguments.case]]
    for dataset, ssl, augmentation, published in cases:
        for precision in precisions():
            case = (dataset, ssl, augmentation, precision, arguments.data_dir, arguments.threads, arguments.rounds)
            with multiprocessing.get_context("spawn").Pool(1) as process:
                measured = process.apply(measure, case)
            name = ", ".join(part for part in (dataset, ssl, augmentation) if part)
            print(measured.row(name, precision, published), flush=True)


if __name__ == "__main__":
    main()
