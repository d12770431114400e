"""What stage 1 costs."""

from ncvq_core.config.shapes import band_shapes
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.ssl.base import HeadSize
from ncvq_core.stages.cost import BYTES, RUNTIME_BYTES, Cost
from ncvq_core.stages.tokenizer.layers import Work, decoder_works, encoder_works, total, transform_work
from ncvq_core.training.sizes import EVALUATION_BATCH, LARGE, ROWS, batch_shape

FOURIER = ("stft", "stft_lfhf")
"""Tokenizers whose transform is a convolution; what others do is not counted."""
_PROBES_BYTES = 85_000_000
"""scikit-learn, which the evaluation of stage 1 loads."""
_SAVED = 1.27
"""Each layer's output is kept once for the backward pass; the gradients of a few are there at the same time."""
_EVALUATED = 0.6
"""Share of the outputs that are there at a time where nothing is kept: the holes of freed ones do not all fit."""
_HEAD_COPIES = 2.5
"""Of the output of each linear layer of an SSL head: its norm, its ReLU and the loss keep some too."""


def tokenizer_cost(config: Stage1Config, series: int, channels: int, length: int) -> Cost:
    """Estimate stage 1 on `series` training series of shape (channels, length); backward counts as two forwards."""
    steps, batch = batch_shape(series, config.batch_size)
    bands = band_shapes(config, channels, length)
    size = (config.channels, config.residual_blocks)
    transform = transform_work(channels, length) if config.tokenizer in FOURIER else Work(0, 0, 0)
    encoder = total(work for band in bands for work in encoder_works(band, *size))
    decoder = total(work for band in bands for work in decoder_works(band, *size))
    head = config.ssl.head_size(2 * config.channels * len(bands), config.projector_width) if config.ssl else None
    views = 1 if head is None else 2
    flops = views * batch * (2 * transform.flops + encoder.flops + decoder.flops)
    if head is not None:
        flops += 2 * views * batch * sum(inside * outside for inside, outside in head.layers)
    memory = _memory(encoder, decoder, transform.outputs, head, batch)
    total_steps = config.epochs * steps
    return Cost(flops=3.0 * flops * total_steps, memory_bytes=memory, steps=total_steps)


def _memory(encoder: Work, decoder: Work, transformed: int, head: HeadSize | None, batch: int) -> int:
    """Estimate the peak of stage 1, in training or in its evaluation.

    Args:
        encoder: of all bands.
        decoder: of all bands; they go backward one view after the other.
        transformed: elements of the maps of a series.
        head: of SSL.
        batch: series a step.
    """
    views = 1 if head is None else 2
    encoded, decoded = views * batch * (transformed + encoder.outputs), batch * decoder.outputs
    trained, head_weights = encoder.weights + decoder.weights, head.weights if head else 0
    states = 3 * BYTES * (trained + head_weights)  # weights and two moments
    training = states + BYTES * (trained + _SAVED * (encoded + decoded))
    if head is not None:
        training += _head_bytes(head, 2 * batch)
    evaluated = (encoded / views + decoded) * EVALUATION_BATCH / batch
    evaluation = states + _PROBES_BYTES + BYTES * _EVALUATED * evaluated
    return RUNTIME_BYTES + int(max(training, evaluation))


def _head_bytes(head: HeadSize, rows: int) -> float:
    """Return what SSL adds while it goes backward: a block of a large gradient, and what its layers keep."""
    kept = _HEAD_COPIES * rows * sum(outside for _, outside in head.layers)
    large = [min(ROWS, outside) * inside for inside, outside in head.layers if inside * outside >= LARGE]
    return BYTES * (kept + max(large, default=0))
