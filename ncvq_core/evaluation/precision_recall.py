"""Precision and recall of samples (Kynkäänniemi et al. 2019, arXiv 1904.06991)."""

import torch
from torch import Tensor

NEIGHBOURS = 3
CHUNK = 1024


def neighbour_radii(features: Tensor, neighbours: int = NEIGHBOURS) -> Tensor:
    """Return the distance (n,) of each feature (n, D) to its k-th nearest neighbour, itself left out; n > k."""
    return torch.cat([near.kthvalue(neighbours + 1, dim=1).values for near in _distances(features, features)])


def coverage(points: Tensor, centres: Tensor, radii: Tensor) -> float:
    """Return the share of points (n, D) that lie in a ball around any of the centres (m, D), (m,).

    Around samples it is recall: how much of the real data they cover. Around real data it is precision: how many of the
    samples look real.
    """
    inside = [(near <= radii).any(dim=1) for near in _distances(points, centres)]
    return float(torch.cat(inside).double().mean())


def _distances(points: Tensor, centres: Tensor) -> list[Tensor]:
    """Return Euclidean distances in chunks of rows; without the expanded square, so that equal points are 0 apart."""
    exact = "donot_use_mm_for_euclid_dist"
    return [torch.cdist(part, centres, compute_mode=exact) for part in torch.split(points, CHUNK)]
