"""How the networks that judge samples are built and trained: fixed, so that a dataset's trials are judged alike."""

import math
from dataclasses import dataclass

from ncvq_core.training.sizes import batch_shape

FEATURES = 128
"""Features of a series: the channels of the last block, averaged over time."""

KERNELS = (8, 5, 3)
WIDTHS = (128, 256, FEATURES)
"""Size of the kernel and channels out of each convolution (Wang, Yan and Oates 2017, arXiv 1611.06455)."""

POINTS = 32_768
"""Time points of a batch in evaluation: bounds its memory for any length."""


@dataclass(frozen=True, kw_only=True)
class FcnTraining:
    """How an FCN is trained: AdamW, the rate falling to 0 as a cosine over all steps."""

    epochs: int
    """Passes over the series that are not held out."""
    steps: int
    """Optimiser steps at least: as many more epochs as that takes, for few series."""
    batch_size: int
    """Series a step, at most."""
    precision: str
    """Of the matrix products, `fp32` or `bf16`."""
    seed: int
    """Of initial weights, batches and the held-out part."""
    validation_fraction: float = 0.0
    """Part of each class that is held out, to choose the epoch whose weights are kept; 0: the last one's are."""
    patience: int = 1
    """Epochs without a lower validation loss after which training stops, where series are held out."""
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4

    def epochs_on(self, series: int) -> int:
        """Return how many epochs so many series take, without an early stop."""
        steps, _ = batch_shape(series, self.batch_size)
        return max(self.epochs, math.ceil(self.steps / steps))


JUDGE_TRAINING = FcnTraining(epochs=10, steps=1000, batch_size=16, precision="fp32", seed=0)
"""Of the network that judges the samples of a dataset."""
