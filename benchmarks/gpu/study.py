"""What the published stage 1 would take at a rate."""

from functools import cache

from ncvq_core.config import TrialConfig
from ncvq_core.stages.cost import Cost
from ncvq_core.stages.tokenizer.cost import tokenizer_cost

SHAPES = {
    "ECG5000": (500, 140),
    "ElectricDevices": (8926, 96),
    "FordA": (3601, 500),
    "Mallat": (55, 1024),
    "ShapesAll": (600, 512),
    "SonyAIBORobotSurface2": (27, 65),
    "TwoPatterns": (1000, 128),
}
"""Training series and length of the study's datasets."""
RUNS, GPU_HOURS, AIM_HOURS = 364, 387, 4


def flops_of_a_step(dataset: str) -> float:
    """Return the operations of a step of stage 1 with SSL on one of the study's datasets."""
    cost = _cost(dataset)
    return cost.flops / cost.steps


def hours(flops_per_second: float) -> float:
    """Return hours for the study's stage 1 at a rate, every run taken as one with SSL."""
    return RUNS / len(SHAPES) * sum(_cost(dataset).flops for dataset in SHAPES) / flops_per_second / 3600


@cache
def _cost(dataset: str) -> Cost:
    config = TrialConfig.from_dict({"dataset": dataset, "ssl": "barlowtwins", "augmentations": ["flip"]}).stage1
    series, length = SHAPES[dataset]
    return tokenizer_cost(config, series, 1, length)
