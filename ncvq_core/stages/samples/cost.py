"""What drawing and judging samples costs."""

from dataclasses import replace

from ncvq_core.config import TrialConfig
from ncvq_core.evaluation.cas import CAS_TRAINING, MINIMUM_SERIES
from ncvq_core.stages.cost import RUNTIME_BYTES, Cost
from ncvq_core.stages.judge.cost import fcn_cost, judging_bytes
from ncvq_core.stages.prior.cost import sampling_flops, saved_bytes, token_counts
from ncvq_core.training.sizes import EVALUATION_BATCH


def samples_cost(config: TrialConfig, series: int, test: int, channels: int, length: int) -> Cost:
    """Estimate drawing as many series as TEST has and as TRAIN has (at least 1,000), and the FCN that CAS trains."""
    synthetic = max(series, MINIMUM_SERIES)
    drawing = sum(
        count * sampling_flops(config, channels, length, min(EVALUATION_BATCH, count)) for count in (synthetic, test)
    )
    trained = fcn_cost(CAS_TRAINING, synthetic, channels, length)
    assert config.stage2 is not None
    one_layer = replace(config.stage2, prior_layers=1)  # nothing is kept for a backward pass
    tokens = token_counts(config.stage1, channels, length)
    kept = saved_bytes(one_layer, tokens, EVALUATION_BATCH)  # its pages stay with the process
    memory = RUNTIME_BYTES + kept + judging_bytes(channels)
    return Cost(flops=drawing + trained.flops, memory_bytes=max(memory, trained.memory_bytes), steps=trained.steps)
