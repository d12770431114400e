"""What drawing and judging samples costs."""

from dataclasses import replace

import torch

from ncvq_core.config import TrialConfig
from ncvq_core.evaluation.cas import MINIMUM_SERIES, cas_training
from ncvq_core.prior.series_sampler import BATCH
from ncvq_core.stages.cost import RUNTIME_BYTES, Cost
from ncvq_core.stages.judge.cost import fcn_cost, judging_bytes
from ncvq_core.stages.prior.cost import sampling_flops, saved_bytes, token_counts


def samples_cost(config: TrialConfig, series: int, test: int, channels: int, length: int) -> Cost:
    """Estimate drawing as many series as TEST has and as TRAIN has (at least 1,000), and the FCN that CAS trains."""
    synthetic = max(series, MINIMUM_SERIES)
    drawing = sum(count * sampling_flops(config, channels, length, min(BATCH, count)) for count in (synthetic, test))
    trained = fcn_cost(cas_training(0, torch.device("cpu")), synthetic, channels, length)
    assert config.stage2 is not None
    one_layer = replace(config.stage2, prior_layers=1)  # nothing is kept for a backward pass
    tokens = token_counts(config.stage1, channels, length)
    kept = saved_bytes(one_layer, tokens, BATCH)  # its pages stay with the process
    memory = RUNTIME_BYTES + kept + judging_bytes(channels)
    return Cost(flops=drawing + trained.flops, memory_bytes=max(memory, trained.memory_bytes), steps=trained.steps)
