"""Which division of CPU cores into workers and threads trains the most: steps a second of all workers together.

python -m benchmarks.workers --data-dir UCRArchive_2018
"""

import argparse
import multiprocessing
import os
import statistics
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

CASES = [
    ("SonyAIBORobotSurface2", "none", "fp32"),
    ("SonyAIBORobotSurface2", "barlowtwins", "bf16"),
    ("ECG5000", "none", "fp32"),
    ("ECG5000", "barlowtwins", "fp32"),
]
"""Dataset, SSL method and precision: from the smallest step to a large one."""


def work(case: tuple[str, str, str], data_dir: Path, threads: int, seconds: float, barrier: Barrier) -> float:
    """Train for a while, together with the other workers, and return steps a second."""
    import torch

    from ncvq_core.config import TrialConfig
    from ncvq_core.data import load_dataset
    from ncvq_core.stages.tokenizer.run import Stage1Run
    from ncvq_core.training.process import prepare_process

    prepare_process()
    torch.set_num_threads(threads)
    dataset, ssl, precision = case
    values = {"dataset": dataset, "ssl": ssl, "precision": precision, "augmentations": ["slice_and_shuffle"]}
    trainer = Stage1Run(TrialConfig.from_dict(values).stage1, load_dataset(dataset, data_dir)).trainer
    for _ in range(3):
        trainer.step()
    barrier.wait()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        trainer.step()
        steps += 1
    return steps / (time.perf_counter() - start)


_BARRIER: list[Barrier] = []


def _start(barrier: Barrier) -> None:
    _BARRIER.append(barrier)


def _work(case: tuple[str, str, str], data_dir: Path, threads: int, seconds: float) -> float:
    return work(case, data_dir, threads, seconds, _BARRIER[0])


def together(case: tuple[str, str, str], data_dir: Path, workers: int, threads: int, seconds: float) -> float:
    """Return steps a second of all workers."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=_start, initargs=(context.Barrier(workers),)) as pool:
        return sum(pool.starmap(_work, [(case, data_dir, threads, seconds)] * workers, chunksize=1))


def main() -> None:
    """Print one row a case and division."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    cores = os.cpu_count() or 1
    divisions = [(workers, cores // workers) for workers in range(1, cores + 1) if cores % workers == 0]
    print("| case | workers | threads each | steps/s of all |")
    print("|---|---|---|---|")
    for case in CASES:
        rates: dict[tuple[int, int], list[float]] = {division: [] for division in divisions}
        for _ in range(arguments.rounds):
            for division in divisions:
                rates[division].append(together(case, arguments.data_dir, *division, arguments.seconds))
        for (workers, threads), values in rates.items():
            print(f"| {', '.join(case)} | {workers} | {threads} | {statistics.median(values):.2f} |", flush=True)


if __name__ == "__main__":
    main()
