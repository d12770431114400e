"""Which tokens are masked in training: the schedule of MaskGIT (arXiv 2202.04200, section 3.1)."""

import math

import torch
from torch import Tensor


def mask_ratio(progress: Tensor) -> Tensor:
    """Return cos(π t / 2), the part of the tokens that is masked at t in [0, 1]."""
    return torch.cos(0.5 * math.pi * progress)


def random_masks(progress: Tensor, tokens: int, draws: torch.Generator) -> Tensor:
    """Return masks (B, tokens), true where masked: ⌈tokens · ratio⌉ random positions, at least one.

    Args:
        progress: t of each series, (B,).
        tokens: N, of each series.
        draws: source of the positions.
    """
    count = (mask_ratio(progress) * tokens).ceil().long().clamp(1, tokens)
    places = torch.rand(len(progress), tokens, generator=draws, device=progress.device)
    last = places.sort(dim=1).values.gather(1, count.unsqueeze(1) - 1)
    return places <= last
