"""Further metrics: what they are handed, and how they are measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from ncvq_core.metrics import further_metric
from ncvq_core.training.seeding import stream

if TYPE_CHECKING:
    from ncvq_core.data import Dataset
    from ncvq_core.tokenizer import Tokenizer


class Measured(NamedTuple):
    """What a further metric is made of, at the end of a stage."""

    dataset: Dataset
    """TRAIN and TEST, in the units of the data."""
    seed: int
    """Of the trial."""
    tokenizer: Tokenizer | None = None
    """The trained model, in eval mode, of a metric of stage1; else None."""
    samples: Tensor | None = None
    """Generated series (n, C, L) in the units of the data, of a metric of samples; else None."""

    def generator(self, name: str) -> torch.Generator:
        """Return a random stream of a metric's own, on the CPU; no other draws from it."""
        return stream(self.seed, f"metric {name}", torch.device("cpu"))


def measure_further(names: Iterable[str], measured: Measured) -> dict[str, float | None]:
    """Return the values of further metrics by name; None where one is undefined."""
    values: dict[str, float | None] = {}
    for name in names:
        measure = further_metric(name).measure
        assert measure is not None
        value = measure(measured)
        values[name] = None if value is None else float(value)
    return values
