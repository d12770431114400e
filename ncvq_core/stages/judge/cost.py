"""What the training of an FCN costs, and judging with it."""

from ncvq_core.config.fcn import KERNELS, POINTS, WIDTHS, FcnTraining
from ncvq_core.stages.cost import BYTES, RUNTIME_BYTES, Cost
from ncvq_core.training.sizes import batch_shape


def fcn_cost(training: FcnTraining, series: int, channels: int, length: int) -> Cost:
    """Estimate the training of an FCN on `series` series of shape (channels, length), without an early stop."""
    steps, batch = batch_shape(series, training.batch_size)
    total_steps = steps * training.epochs_on(series)
    one = 2 * length * sum(size * inside * outside for size, inside, outside in _layers(channels))
    memory = RUNTIME_BYTES + max(3 * BYTES * batch * length * 512, judging_bytes(channels))
    return Cost(flops=3.0 * one * batch * total_steps, memory_bytes=memory, steps=total_steps)


def judging_bytes(channels: int) -> int:
    """Bytes of a batch of series in an FCN that judges them: what each convolution reads and writes."""
    return BYTES * POINTS * sum(inside + outside for _, inside, outside in _layers(channels))


def _layers(channels: int) -> tuple[tuple[int, int, int], ...]:
    """Kernel size, channels in and channels out of each convolution."""
    return tuple(zip(KERNELS, (channels, *WIDTHS), WIDTHS, strict=False))
