"""What stage 2 costs, and drawing series from its prior."""

import math

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import HEAD_WIDTH, Stage2Config, masked_after
from ncvq_core.config.shapes import band_shapes
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.stages.cost import BYTES, RUNTIME_BYTES, Cost
from ncvq_core.training.sizes import batch_shape

_SAVED = 3.0
"""What layers keep for the backward pass, as a multiple of their outputs: masked tokens are another number in each
step, whose tensors do not fit in the holes of the last one; after ten steps a process has three times what it keeps."""


def prior_cost(config: TrialConfig, series: int, channels: int, length: int) -> Cost:
    """Estimate stage 2 on `series` training series of shape (channels, length); backward counts as two forwards."""
    assert config.stage2 is not None
    prior = config.stage2
    steps, batch = batch_shape(series, prior.prior_batch_size)
    tokens = token_counts(config.stage1, channels, length)
    total_steps = prior.prior_epochs * steps
    memory = RUNTIME_BYTES + 4 * BYTES * len(tokens) * _parameters(prior) + saved_bytes(prior, tokens, batch)
    masked = [2 / math.pi * band for band in tokens]  # on average, at the ratios cos(π t / 2)
    one = _flops(prior, config.stage1.codebook_size, tokens, masked, batch)
    return Cost(flops=3.0 * batch * one * total_steps, memory_bytes=memory, steps=total_steps)


def sampling_flops(config: TrialConfig, channels: int, length: int, batch: int) -> float:
    """Count the prior's operations for one series of shape (channels, length), of `batch` that are drawn together.

    The first pass of the lowest band is left out, because all series of a class share it.
    """
    prior, sampling = config.stage2, config.sampling
    assert prior is not None
    assert sampling is not None
    steps, total = sampling.sampling_steps, 0.0
    tokens = token_counts(config.stage1, channels, length)
    for index, band in enumerate(tokens):
        masked = [band, *(masked_after(step, steps, band) for step in range(steps))]
        for count in masked[0 if index else 1 : -1]:
            asked = [float(count) if other == index else 0.0 for other in range(len(tokens))]
            total += _flops(prior, config.stage1.codebook_size, tokens, asked, batch) if count else 0.0
    return total * (1 if sampling.guidance_scale == 1 else 2)


def token_counts(config: Stage1Config, channels: int, length: int) -> list[int]:
    """Tokens of a series, in each band."""
    return [band.tokens for band in band_shapes(config, channels, length)]


def _parameters(prior: Stage2Config) -> int:
    """Weights of the transformer's matrices."""
    attention = 4 * prior.prior_width * prior.prior_heads * HEAD_WIDTH
    feedforward = 2 * prior.prior_feedforward * prior.prior_width**2
    return prior.prior_layers * (attention + feedforward)


def saved_bytes(prior: Stage2Config, tokens: list[int], batch: int) -> int:
    """Bytes that the transformers keep of a batch for the backward pass.

    Of each token, the class being one, and layer: two normalised inputs, queries, keys and values, what attention makes
    of them twice, and the feed-forward block before and after its GELU.
    """
    inner, width = prior.prior_heads * HEAD_WIDTH, prior.prior_width
    values = 2 * width * (1 + prior.prior_feedforward) + 5 * inner
    return int(_SAVED * BYTES * batch * prior.prior_layers * sum(band + 1 for band in tokens) * values)


def _flops(prior: Stage2Config, codes: int, tokens: list[int], asked: list[float], batch: int) -> float:
    """Operations of one forward pass of one series: two a weight and token, and the attention between the tokens.

    Of the last layer, attention's output and the feed-forward block are computed for the tokens asked for only; the
    first projection of the lowest band once for each pair of token and position, where that is less. A band of which
    nothing is asked for is not computed.
    """
    inner, width = prior.prior_heads * HEAD_WIDTH, prior.prior_width
    last_weights = width * inner + 2 * prior.prior_feedforward * width**2
    total = 0.0
    for index, (band, count) in enumerate(zip(tokens, asked, strict=True)):
        if not count:
            continue
        total += 2 * _parameters(prior) * band + prior.prior_layers * 4 * inner * band**2
        total -= 2 * last_weights * (band - count)
        pairs = band * (codes + 1)
        if index == 0 and 2 * pairs <= batch * (1 + band):
            total -= 2 * width * 3 * inner * (band - pairs / batch)
    return total
