"""Mean and standard deviation of TRAIN, by which all series are scaled.

The arithmetic is float32 where its only error is rounding to float32. It is float64 where the mean is large in
comparison with the standard deviation, since subtracting it would then cancel most of float32's digits, and where
squares overflow or underflow in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Series = NDArray[np.floating[Any]]
"""(n, C, L), float32 or float64; missing values are NaN."""

SCALING = "scaling"
"""Name of a scaling among the tensors of a model."""

CANCELLING = 1000.0
"""|mean| / standard deviation from which float32 loses digits when series are centred."""

SQUARES = (1e-18, 1e19)
"""Standard deviations whose squares float32 holds with all its digits."""

LARGEST_FLOAT32 = 1e38


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Mean and standard deviation of training series, by channel.

    Each has one number a channel. Tokenizers of several channels from earlier versions have a single number each, which
    applies to all channels.
    """

    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]

    @property
    def wide(self) -> bool:
        """Whether series in the units of the data need float64."""
        return any(not fits_float32(*moments) for moments in zip(self.mean, self.standard_deviation, strict=True))

    @classmethod
    def of(cls, train: Series) -> Scaling:
        """Measure training series (n, C, L), leaving missing values out; a constant channel keeps its scale."""
        if train.shape[1] == 1 and train.dtype == np.float32:
            return cls.shared(train)
        moments = [channel_moments(train[:, channel]) for channel in range(train.shape[1])]
        return cls(mean=tuple(mean for mean, _ in moments), standard_deviation=tuple(sd for _, sd in moments))

    @classmethod
    def shared(cls, train: Series) -> Scaling:
        """Measure all channels together, as the numerics of version 1 did."""
        deviation = float(np.nanstd(train, dtype=np.float64))
        return cls(mean=(float(np.nanmean(train, dtype=np.float64)),), standard_deviation=(deviation or 1.0,))

    @classmethod
    def of_tensor(cls, tensor: Tensor, channels: int) -> Scaling:
        """Take up what `tensor` returned.

        Raises:
            ValueError: it is that of another number of channels.
        """
        if tensor.numel() not in (2, 2 * channels):
            raise ValueError(f"a scaling of {tensor.numel() // 2} channels, not {channels}")
        mean, deviation = tensor.reshape(2, -1).tolist()
        return cls(mean=tuple(mean), standard_deviation=tuple(deviation))

    def tensor(self) -> Tensor:
        """Return the numbers as float64: (2,) for one channel, (2, C) for more."""
        import torch

        tensor = torch.tensor([self.mean, self.standard_deviation], dtype=torch.float64)
        return tensor.flatten() if len(self.mean) == 1 else tensor

    def apply(self, series: Series) -> NDArray[np.float32]:
        """Scale series (n, C, L) to float32; missing values become 0, the mean of their channel."""
        if len(self.mean) == 1 and series.dtype == np.float32:
            scaled = (series - self.mean[0]) / self.standard_deviation[0]
        else:
            scaled = (series.astype(np.float64) - _column(self.mean)) / _column(self.standard_deviation)
        return np.where(np.isnan(scaled), 0.0, scaled).astype(np.float32)

    def undo(self, series: Tensor) -> Tensor:
        """Return scaled series (n, C, L) in the units of the data, in float64 where float32 would lose their digits."""
        if len(self.mean) == 1 and not self.wide:
            return series * self.standard_deviation[0] + self.mean[0]
        import torch

        mean, deviation = (
            torch.tensor(values, dtype=torch.float64, device=series.device)[:, None]
            for values in (self.mean, self.standard_deviation)
        )
        restored = series.double() * deviation + mean
        return restored if self.wide else restored.to(series.dtype)


def float32_suffices(train: Series, test: Series) -> bool:
    """Whether float32 arithmetic loses nothing of series beyond its own rounding."""
    if not _within(test, LARGEST_FLOAT32):
        return False
    for channel in range(train.shape[1]):
        mean, deviation = channel_moments(train[:, channel])
        if not fits_float32(mean, deviation) or not _within(train[:, channel] - mean, SQUARES[1]):
            return False
    return True


def fits_float32(mean: float, standard_deviation: float) -> bool:
    """Whether series of such a mean and standard deviation keep their digits in float32."""
    return abs(mean) <= CANCELLING * standard_deviation and SQUARES[0] <= standard_deviation <= SQUARES[1]


def channel_moments(values: Series) -> tuple[float, float]:
    """Return mean and standard deviation of a channel in float64; 1 for the latter where it is constant.

    A channel without any value has mean 0. The mean is taken in two passes, the second over the differences from the
    first mean, since a sum of many large numbers has a large rounding error.
    """
    present = values[~np.isnan(values)].astype(np.float64)
    if not len(present):
        return 0.0, 1.0
    if present.min() == present.max():
        return float(present[0]), 1.0
    rough = present.mean()
    rest = present - rough
    return float(rough + rest.mean()), float(rest.std())


def _column(values: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None]


def _within(values: Series, largest: float) -> bool:
    """Whether no absolute value exceeds `largest`; missing values do not count."""
    return not bool((np.abs(values) > largest).any())
