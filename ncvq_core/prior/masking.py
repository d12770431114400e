"""Which tokens are masked: the schedule that training and sampling share (MaskGIT, arXiv 2202.04200, section 3.1)."""

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


def masked_after(step: int, steps: int, tokens: int) -> int:
    """Return how many of `tokens` are still masked after a sampling step, counted from 0; none after the last one."""
    return math.floor(tokens * math.cos(0.5 * math.pi * (step + 1) / steps) + 1e-9)
