"""Correlation and cosine between the codes of a codebook."""

import torch
from torch import Tensor


def codebook_correlation(codes: Tensor) -> float:
    """Return the mean absolute correlation between different codes (K, D)."""
    return codebook_cosine(codes - codes.mean(dim=1, keepdim=True))


def codebook_cosine(codes: Tensor) -> float:
    """Return the mean absolute cosine between different codes (K, D)."""
    directions = torch.nn.functional.normalize(codes.double(), dim=1)
    off_diagonal = (directions @ directions.T).fill_diagonal_(0).abs()
    return float(off_diagonal.sum() / (len(codes) * (len(codes) - 1)))
