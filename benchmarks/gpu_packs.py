"""Models × steps a second of packs of trainers on one GPU, of stage 1 or of stage 2.

Eager, as CUDA graphs and with torch.compile, on one stream and on K, against one eager model; with peak memory and the
share of the memory-bandwidth floor, and for stage 1 the time that the published one would take at the best rate.

    python -m benchmarks.gpu_packs --data-dir UCRArchive_2018 --precision bf16 --stage 1

Needs ncvq_core, torch and a CUDA device only.
"""

import argparse
import time
from pathlib import Path

import torch
from torch import nn

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.prior.trainer import Stage2Trainer
from ncvq_core.stages.tokenizer.cost import tokenizer_cost
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.lane import Lane
from ncvq_core.training.process import prepare_process
from ncvq_core.training.trainer import Trainer

SIZES = (1, 4, 16, 64)
MODES = (("eager", False), ("graphs", False), ("graphs", True), ("compile", False))
"""How the step runs, and whether each trainer has its own stream."""

STUDY_SHAPES = {
    "ECG5000": (500, 140),
    "ElectricDevices": (8926, 96),
    "FordA": (3601, 500),
    "Mallat": (55, 1024),
    "ShapesAll": (600, 512),
    "SonyAIBORobotSurface2": (27, 65),
    "TwoPatterns": (1000, 128),
}
"""Training series and length of the study's datasets."""
STUDY_RUNS, STUDY_GPU_HOURS, STUDY_EPOCHS = 364, 387, 1000
BYTES_PER_PARAMETER = 32
"""A step reads and writes weight, gradient and both moments of AdamW, four bytes each."""


def build(dataset: str, count: int, precision: str, data_dir: Path, stage: int) -> list[Trainer]:
    """Return trainers of different seeds on the GPU: of stage 1 with Barlow Twins, or of priors on one tokenizer."""
    data, device = load_dataset(dataset, data_dir), torch.device("cuda")
    values = {"dataset": dataset, "precision": precision, "stages": stage}
    if stage == 1:
        values |= {"ssl": "barlowtwins", "augmentations": ["slice_and_shuffle"]}
        seeds = [TrialConfig.from_dict({**values, "seed": seed}).stage1 for seed in range(count)]
        return [Stage1Run(config, data, device).trainer for config in seeds]
    configs = [TrialConfig.from_dict({**values, "ssl": "none", "epochs": 1, "seed": seed}) for seed in range(count)]
    tokenizer = Stage1Run(configs[0].stage1, data, device)
    tokenizer.advance()
    tensors = tokenizer.result().tensors
    return [Stage2Run(config, data, tensors, device).trainer for config in configs]


def networks(trainer: Trainer) -> list[nn.Module]:
    """Return what a trainer trains, in the parts that torch.compile is given."""
    if isinstance(trainer, Stage2Trainer):
        return [trainer.prior]
    assert isinstance(trainer, Stage1Trainer)
    parts: list[nn.Module] = [
        part for network in trainer.tokenizer.networks for part in (network.encoder, network.decoder)
    ]
    return [*parts, trainer.head] if trainer.head else parts


def measure(trainers: list[Trainer], mode: str, streams: bool, seconds: float) -> float:
    """Return models × steps a second."""
    if mode == "compile":
        for trainer in trainers:
            for network in networks(trainer):
                network.compile()
    lanes = [Lane(trainer.device, capture=mode == "graphs", stream=streams) for trainer in trainers]
    torch.cuda.synchronize()  # the trainers were made on another stream
    for _ in range(5):
        step_in_turn(trainers, lanes)
    torch.cuda.synchronize()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(10):
            step_in_turn(trainers, lanes)
        torch.cuda.synchronize()
        steps += 10
    return steps * len(trainers) / (time.perf_counter() - start)


def step_in_turn(trainers: list[Trainer], lanes: list[Lane]) -> None:
    """Do a step of each trainer in its lane, as a worker does."""
    for trainer, lane in zip(trainers, lanes, strict=True):
        with lane.entered():
            lane.capture(trainer)
            trainer.step()


def bandwidth() -> float:
    """Return bytes a second that a large copy on the device reads and writes."""
    source = torch.empty(2**28, device="cuda")
    target = torch.empty_like(source)
    target.copy_(source)
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(20):
        target.copy_(source)
    torch.cuda.synchronize()
    return 20 * 2 * 4 * source.numel() / (time.perf_counter() - start)


def flops_of_a_step(dataset: str) -> float:
    """Return the operations of a step of stage 1 with SSL on one of the study's datasets."""
    config = TrialConfig.from_dict({"dataset": dataset, "ssl": "barlowtwins", "augmentations": ["flip"]}).stage1
    series, length = STUDY_SHAPES[dataset]
    cost = tokenizer_cost(config, series, 1, length)
    return cost.flops / cost.steps


def study_hours(flops_per_second: float) -> float:
    """Return hours for the study's stage 1 at a rate, every run taken as one with SSL."""
    config = TrialConfig.from_dict({"dataset": "study", "ssl": "barlowtwins", "augmentations": ["flip"]}).stage1
    costs = [tokenizer_cost(config, series, 1, length).flops for series, length in STUDY_SHAPES.values()]
    return STUDY_RUNS / len(costs) * sum(costs) / flops_per_second / 3600


def main() -> None:
    """Print one row a dataset, mode and size, then the projection."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--stage", type=int, choices=(1, 2), default=1)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.exit(1, "no CUDA device here: this benchmark has not run\n")
    prepare_process()
    bytes_per_second = bandwidth()
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {bytes_per_second / 1e12:.2f} TB/s")
    print(
        "| dataset | mode | streams | K | models × steps/s | against one eager | share of bandwidth floor | peak GB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    hours = []
    for dataset in ("ECG5000", "FordA"):
        one_eager, best = 0.0, 0.0
        for mode, streams in MODES:
            for size in SIZES:
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
                trainers = build(dataset, size, arguments.precision, arguments.data_dir, arguments.stage)
                rate = measure(trainers, mode, streams, arguments.seconds)
                one_eager, best = one_eager or rate, max(best, rate)
                parameters = sum(p.numel() for part in networks(trainers[0]) for p in part.parameters())
                floor = bytes_per_second / (BYTES_PER_PARAMETER * parameters)
                print(
                    f"| {dataset} | {mode} | {size if streams else 1} | {size} | {rate:.1f} | {rate / one_eager:.1f}× "
                    f"| {rate / floor:.0%} | {torch.cuda.max_memory_allocated() / 1e9:.1f} |",
                    flush=True,
                )
                del trainers
        if arguments.stage == 1:
            hours.append(study_hours(best * flops_of_a_step(dataset)))
    if hours:
        times = f"{min(hours):.1f} to {max(hours):.1f} hours on this GPU"
        print(f"published stage 1, {STUDY_RUNS} runs ({STUDY_GPU_HOURS} GPU-hours): {times}")


if __name__ == "__main__":
    main()
