"""A dataset in memory."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ncvq_core.errors import DataError

MINIMUM_LENGTH = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled series, split into TRAIN and TEST as its archive splits them.

    Raises:
        DataError: fewer than two training series, no test series, or series that are too short or not finite.
    """

    name: str
    train: NDArray[np.float32]
    """(n, C, L); missing values are NaN."""
    train_labels: NDArray[np.int64]
    """(n,), indices into `classes`."""
    test: NDArray[np.float32]
    """(m, C, L)."""
    test_labels: NDArray[np.int64]
    """(m,), indices into `classes`."""
    classes: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    """What was done to make the series fit, one sentence each."""

    def __post_init__(self) -> None:
        """Check that the series can be trained on."""
        if len(self.train) < 2:
            raise DataError(f"{self.name}: TRAIN has {len(self.train)} series, at least 2 are needed")
        if len(self.test) < 1:
            raise DataError(f"{self.name}: TEST has no series")
        if self.length < MINIMUM_LENGTH:
            raise DataError(f"{self.name}: series of length {self.length}, at least {MINIMUM_LENGTH} are needed")
        if np.isinf(self.train).any() or np.isinf(self.test).any():
            raise DataError(f"{self.name}: a series has an infinite value")
        if np.isnan(self.train).all():
            raise DataError(f"{self.name}: TRAIN holds missing values only")

    @property
    def length(self) -> int:
        """Return L, the length of the series."""
        return int(self.train.shape[2])

    @property
    def channels(self) -> int:
        """Return C, the number of channels."""
        return int(self.train.shape[1])

    def checksum(self) -> str:
        """Return 16 hex digits of SHA-256 over series and labels, whatever file format they came from."""
        return self._checksum

    @cached_property
    def _checksum(self) -> str:
        digest = hashlib.sha256()
        for array in (self.train, self.train_labels, self.test, self.test_labels):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Mean and standard deviation of training series: two scalars."""

    mean: float
    standard_deviation: float

    @classmethod
    def of(cls, train: NDArray[np.float32]) -> "Scaling":
        """Measure training series, leaving missing values out; constant ones keep their scale."""
        deviation = float(np.nanstd(train, dtype=np.float64))
        return cls(mean=float(np.nanmean(train, dtype=np.float64)), standard_deviation=deviation or 1.0)

    def apply(self, series: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scale series; missing values become 0."""
        scaled = (series - self.mean) / self.standard_deviation
        return np.where(np.isnan(scaled), 0.0, scaled).astype(np.float32)
