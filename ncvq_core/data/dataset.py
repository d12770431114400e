"""A dataset in memory."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.labels import find_class
from ncvq_core.data.scaling import Series, channel_moments, float32_suffices
from ncvq_core.errors import DataError
from ncvq_core.numerics import FIRST, SCALED_BY_CHANNEL_OR_IN_FLOAT64

MINIMUM_LENGTH = 8

SMALLEST_SPREAD = 1e-150
"""Standard deviation below which squares leave the range of float64."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled series, split into TRAIN and TEST as its archive splits them.

    Both are kept as float32 where scaling them has no error but rounding to float32, else as float64; the type in which
    they are given does not matter.

    Raises:
        DataError: fewer than two training series, no test series, or series that are too short or not finite.
    """

    name: str
    train: Series
    """(n, C, L); missing values are NaN."""
    train_labels: NDArray[np.int64]
    """(n,), indices into `classes`."""
    test: Series
    """(m, C, L)."""
    test_labels: NDArray[np.int64]
    """(m,), indices into `classes`."""
    classes: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    """How the series were changed so that they can be used, and what is unusual about them, one sentence each."""

    def __post_init__(self) -> None:
        """Check that the series can be trained on, and keep them in the type that they need."""
        if len(self.train) < 2:
            raise DataError(f"{self.name}: TRAIN has {len(self.train)} series, at least 2 are needed")
        if len(self.test) < 1:
            raise DataError(f"{self.name}: TEST has no series")
        if self.length < MINIMUM_LENGTH:
            raise DataError(f"{self.name}: series of length {self.length}, at least {MINIMUM_LENGTH} are needed")
        if np.isinf(self.train).any() or np.isinf(self.test).any():
            raise DataError(f"{self.name}: a series has an infinite value")
        self._check_channels()
        kept = np.float32 if float32_suffices(self.train, self.test) else np.float64
        for part in ("train", "test"):
            object.__setattr__(self, part, getattr(self, part).astype(kept, copy=False))

    def _check_channels(self) -> None:
        """Check that each channel has values in TRAIN that can be scaled."""
        for channel in range(self.channels):
            which = f"channel {channel + 1} of TRAIN" if self.channels > 1 else "TRAIN"
            if np.isnan(self.train[:, channel]).all():
                raise DataError(f"{self.name}: {which} holds missing values only")
            if channel_moments(self.train[:, channel])[1] < SMALLEST_SPREAD:
                raise DataError(
                    f"{self.name}: the values of {which} differ by less than {SMALLEST_SPREAD:g}; "
                    "multiply them by a constant"
                )

    @property
    def length(self) -> int:
        """Return L, the length of the series."""
        return int(self.train.shape[2])

    @property
    def channels(self) -> int:
        """Return C, the number of channels."""
        return int(self.train.shape[1])

    @property
    def numerics_version(self) -> int:
        """Return the version of `ncvq_core.numerics` that the numbers of a trial on this data come from."""
        as_ever = self.channels == 1 and self.train.dtype == np.float32
        return FIRST if as_ever else SCALED_BY_CHANNEL_OR_IN_FLOAT64

    def class_index(self, label: str) -> int | None:
        """Return the index of a class by its label, `1` and `1.0` being the same; None where there is none."""
        return find_class(label, self.classes)

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
