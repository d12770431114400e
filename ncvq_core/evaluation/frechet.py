"""The Fréchet distance between two sets of features (Heusel et al. 2017, arXiv 1706.08500)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureStatistics:
    """Mean and covariance of features, the covariance as a factor of it."""

    mean: NDArray[np.float64]
    """(D,)."""
    root: NDArray[np.float64]
    """(min(n, D), D): rootᵀ · root is the covariance, of n − 1 degrees of freedom."""
    count: int
    """n."""

    @classmethod
    def of(cls, features: ArrayLike) -> "FeatureStatistics":
        """Measure features (n, D); n ≥ 2."""
        values = np.asarray(features, dtype=np.float64)
        mean = values.mean(axis=0)
        root: NDArray[np.float64] = np.linalg.qr((values - mean) / np.sqrt(len(values) - 1), mode="r")  # type: ignore
        return cls(mean=mean, root=root, count=len(values))


def frechet_distance(one: FeatureStatistics, other: FeatureStatistics) -> float:
    """Return |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½), the squared 2-Wasserstein distance of two normal distributions.

    With C = RᵀR, tr (C₁ C₂)^½ is the sum of the singular values of R₁ R₂ᵀ. No root of a nearly singular product is
    taken, so that rounding stays at the scale of float64 also where there are fewer series than features.
    """
    shift = one.mean - other.mean
    traces = np.sum(one.root**2) + np.sum(other.root**2)
    overlap = np.linalg.svd(one.root @ other.root.T, compute_uv=False).sum()
    return max(0.0, float(shift @ shift + traces - 2 * overlap))
