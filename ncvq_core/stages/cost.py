"""What a training costs: floating-point operations and memory, counted without running it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import Stage2Config
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.evaluation.cas import MINIMUM_SERIES, cas_training
from ncvq_core.evaluation.tokenizer import BATCH as EVALUATION_BATCH
from ncvq_core.fcn.network import POINTS
from ncvq_core.fcn.train import FcnTraining
from ncvq_core.prior.masking import masked_after
from ncvq_core.prior.series_sampler import BATCH
from ncvq_core.prior.transformer import HEAD_WIDTH
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.training.batches import batch_shape
from ncvq_core.training.fast.linear import ROWS
from ncvq_core.training.optimizer import LARGE

_BYTES = 4
_RUNTIME_BYTES = 455_000_000
"""Libraries, Ray's among them, and what torch and oneDNN keep for their kernels."""
_PROBES_BYTES = 85_000_000
"""scikit-learn, which the evaluation of stage 1 loads."""
_SAVED = 1.27
"""Each layer's output is kept once for the backward pass; the gradients of a few are there at the same time."""
_EVALUATED = 0.6
"""Share of the outputs that are there at a time where nothing is kept: the holes of freed ones do not all fit."""


_PRIOR_SAVED = 3.0
"""The same for what a prior's layers keep: masked tokens are another number in each step, whose tensors do not fit in
the holes of the last one; after ten steps a process has three times what it keeps."""
_HEAD_COPIES = 2.5
"""Of the output of each linear layer of an SSL head: its norm, its ReLU and the loss keep some too."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate for a whole stage."""

    flops: float
    """Floating-point operations of all matrix products and convolutions, forward and backward."""
    memory_bytes: int
    """Peak resident memory of a CPU process: libraries, parameters with optimiser state, saved activations.

    Constants are measured (`benchmarks.memory`); products in bfloat16 take less.
    """
    steps: int
    """Optimiser steps."""


def stage1_cost(config: Stage1Config, series: int, channels: int, length: int) -> Cost:
    """Estimate stage 1 on `series` training series of shape (channels, length); backward counts as two forwards."""
    steps, batch = batch_shape(series, config.batch_size)
    with torch.device("meta"):
        tokenizer = Tokenizer(config, channels, length)
        x = torch.empty(batch, channels, length)
        features = 2 * config.channels * len(tokenizer.bands)
        head = config.ssl.head(features, config.projector_width) if config.ssl else None
    views = 1 if head is None else 2
    outputs: list[int] = []
    handles = [module.register_forward_hook(_recorder(outputs)) for module in tokenizer.modules()]
    with FlopCounterMode(display=False) as counter:
        features_of_bands = tokenizer.encode(tokenizer.transform(x))
        encoded = sum(outputs)
        tokenizer.decode(features_of_bands)
    for handle in handles:
        handle.remove()
    flops = views * counter.get_total_flops()
    if head is not None:
        flops += _product_flops(head, views * batch)
    memory = _stage1_memory(tokenizer, head, views * encoded, sum(outputs) - encoded, batch)
    total_steps = config.epochs * steps
    return Cost(flops=3.0 * flops * total_steps, memory_bytes=memory, steps=total_steps)


def _stage1_memory(tokenizer: nn.Module, head: nn.Module | None, encoded: int, decoded: int, batch: int) -> int:
    """Estimate the peak of stage 1, in training or in its evaluation.

    Args:
        tokenizer: the model.
        head: of SSL.
        encoded: elements of the outputs of all layers of the encoders, of all views.
        decoded: the same of the decoders, which go backward one view after the other.
        batch: series a step.
    """
    trained, head_weights = _elements(tokenizer), _elements(head) if head else 0
    states = 3 * _BYTES * (trained + head_weights)  # weights and two moments
    training = states + _BYTES * (trained + _SAVED * (encoded + decoded))
    if head is not None:
        training += _head_bytes(head, 2 * batch)
    views = 1 if head is None else 2
    evaluated = (encoded / views + decoded) * EVALUATION_BATCH / batch
    evaluation = states + _PROBES_BYTES + _BYTES * _EVALUATED * evaluated
    return _RUNTIME_BYTES + int(max(training, evaluation))


def _head_bytes(head: nn.Module, rows: int) -> float:
    """Return what SSL adds while it goes backward: a block of a large gradient, and what its layers keep."""
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    kept = _HEAD_COPIES * rows * sum(layer.out_features for layer in layers)
    large = [min(ROWS, layer.out_features) * layer.in_features for layer in layers if layer.weight.numel() >= LARGE]
    return _BYTES * (kept + max(large, default=0))


def stage2_cost(config: TrialConfig, series: int, channels: int, length: int) -> Cost:
    """Estimate stage 2 on `series` training series of shape (channels, length); backward counts as two forwards."""
    assert config.stage2 is not None
    prior = config.stage2
    steps, batch = batch_shape(series, prior.prior_batch_size)
    tokens = _tokens(config.stage1, channels, length)
    total_steps = prior.prior_epochs * steps
    memory = _RUNTIME_BYTES + 4 * _BYTES * len(tokens) * _prior_parameters(prior) + _prior_saved(prior, tokens, batch)
    masked = [2 / math.pi * band for band in tokens]  # on average, at the ratios cos(π t / 2)
    one = _prior_flops(prior, config.stage1.codebook_size, tokens, masked, batch)
    return Cost(flops=3.0 * batch * one * total_steps, memory_bytes=memory, steps=total_steps)


def samples_cost(config: TrialConfig, series: int, test: int, channels: int, length: int) -> Cost:
    """Estimate drawing as many series as TEST has and as TRAIN has (at least 1,000), and the FCN that CAS trains."""
    synthetic = max(series, MINIMUM_SERIES)
    drawing = sum(count * sampling_flops(config, channels, length, min(BATCH, count)) for count in (synthetic, test))
    trained = fcn_cost(cas_training(0, torch.device("cpu")), synthetic, channels, length)
    assert config.stage2 is not None
    one_layer = replace(config.stage2, prior_layers=1)  # nothing is kept for a backward pass
    kept = _prior_saved(one_layer, _tokens(config.stage1, channels, length), BATCH)  # its pages stay with the process
    memory = _RUNTIME_BYTES + kept + _judging_bytes(channels)
    return Cost(flops=drawing + trained.flops, memory_bytes=max(memory, trained.memory_bytes), steps=trained.steps)


def sampling_flops(config: TrialConfig, channels: int, length: int, batch: int) -> float:
    """Count the prior's operations for one series of shape (channels, length), of `batch` that are drawn together.

    The first pass of the lowest band is left out, because all series of a class share it.
    """
    prior, sampling = config.stage2, config.sampling
    assert prior is not None
    assert sampling is not None
    steps, total = sampling.sampling_steps, 0.0
    tokens = _tokens(config.stage1, channels, length)
    for index, band in enumerate(tokens):
        masked = [band, *(masked_after(step, steps, band) for step in range(steps))]
        for count in masked[0 if index else 1 : -1]:
            asked = [float(count) if other == index else 0.0 for other in range(len(tokens))]
            total += _prior_flops(prior, config.stage1.codebook_size, tokens, asked, batch) if count else 0.0
    return total * (1 if sampling.guidance_scale == 1 else 2)


def fcn_cost(training: FcnTraining, series: int, channels: int, length: int) -> Cost:
    """Estimate the training of an FCN on `series` series of shape (channels, length), without an early stop."""
    steps, batch = batch_shape(series, training.batch_size)
    total_steps = steps * max(training.epochs, math.ceil(training.steps / steps))
    one = 2 * length * sum(size * inside * outside for size, inside, outside in _fcn_layers(channels))
    memory = _RUNTIME_BYTES + max(3 * _BYTES * batch * length * 512, _judging_bytes(channels))
    return Cost(flops=3.0 * one * batch * total_steps, memory_bytes=memory, steps=total_steps)


def _judging_bytes(channels: int) -> int:
    """Bytes of a batch of series in an FCN that judges them: what each convolution reads and writes."""
    return _BYTES * POINTS * sum(inside + outside for _, inside, outside in _fcn_layers(channels))


def _tokens(config: Stage1Config, channels: int, length: int) -> list[int]:
    """Tokens of a series, in each band."""
    with torch.device("meta"):
        tokenizer = Tokenizer(config, channels, length)
    return [height * width for height, width in (network.token_map for network in tokenizer.networks)]


def _prior_parameters(prior: Stage2Config) -> int:
    """Weights of the transformer's matrices."""
    attention = 4 * prior.prior_width * prior.prior_heads * HEAD_WIDTH
    feedforward = 2 * prior.prior_feedforward * prior.prior_width**2
    return prior.prior_layers * (attention + feedforward)


def _prior_saved(prior: Stage2Config, tokens: list[int], batch: int) -> int:
    """Bytes that the transformers keep of a batch for the backward pass.

    Of each token, the class being one, and layer: two normalised inputs, queries, keys and values, what attention makes
    of them twice, and the feed-forward block before and after its GELU.
    """
    inner, width = prior.prior_heads * HEAD_WIDTH, prior.prior_width
    values = 2 * width * (1 + prior.prior_feedforward) + 5 * inner
    return int(_PRIOR_SAVED * _BYTES * batch * prior.prior_layers * sum(band + 1 for band in tokens) * values)


def _prior_flops(prior: Stage2Config, codes: int, tokens: list[int], asked: list[float], batch: int) -> float:
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
        total += 2 * _prior_parameters(prior) * band + prior.prior_layers * 4 * inner * band**2
        total -= 2 * last_weights * (band - count)
        pairs = band * (codes + 1)
        if index == 0 and 2 * pairs <= batch * (1 + band):
            total -= 2 * width * 3 * inner * (band - pairs / batch)
    return total


def _fcn_layers(channels: int) -> tuple[tuple[int, int, int], ...]:
    """Kernel size, channels in and channels out of each convolution (Wang 2017)."""
    return (8, channels, 128), (5, 128, 256), (3, 256, 128)


def _elements(module: nn.Module) -> int:
    """Return the number of a module's weights."""
    return sum(parameter.numel() for parameter in module.parameters())


def _product_flops(head: nn.Module, rows: int) -> int:
    """FLOPs of a head's linear layers on (rows, features)."""
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    return sum(2 * rows * layer.in_features * layer.out_features for layer in layers)


def _recorder(outputs: list[int]) -> Callable[..., None]:
    def record(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and not list(module.children()):
            outputs.append(output.numel())

    return record
