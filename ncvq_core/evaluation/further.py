"""Further metrics: what they are handed, and how they are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from ncvq_core.data.scaling import Scaling, Series
from ncvq_core.further_metrics import further_metric
from ncvq_core.plugins import PluginError
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
    """The trained model in evaluation mode, of a metric of stage1; else None."""
    samples: Tensor | None = None
    """Generated series (n, C, L) in the units of the data, of a metric of samples; else None."""

    def scaled_test(self) -> Tensor:
        """Return TEST (m, C, L) scaled by the mean and standard deviation of TRAIN; missing values are 0."""
        return self._scaled(self.dataset.test)

    def scaled_samples(self) -> Tensor:
        """Return the samples (n, C, L) scaled likewise."""
        assert self.samples is not None
        return self._scaled(self.samples.numpy())

    def _scaled(self, series: Series) -> Tensor:
        return torch.from_numpy(Scaling.of(self.dataset.train).apply(series))

    def generator(self, name: str) -> torch.Generator:
        """Return a random stream of a metric's own, on the CPU; no other draws from it."""
        return stream(self.seed, f"metric {name}", torch.device("cpu"))


def measure_further(names: Iterable[str], measured: Measured) -> dict[str, float | None]:
    """Return the values of further metrics by name; None where one is undefined.

    Raises:
        PluginError: one is no number.
    """
    values: dict[str, float | None] = {}
    for name in names:
        value = _measure_of(name)(measured)
        try:
            values[name] = None if value is None else float(value)
        except (TypeError, ValueError) as error:
            raise PluginError(f"metric {name}: measured {value!r}, which is no number and not None") from error
    return values


def _measure_of(name: str) -> Callable[[Measured], float | None]:
    """Return what measures a further metric: a plugin says it, one of ncvq's own is a module here."""
    own: Callable[[Measured], float | None] = further_metric(name).measure or getattr(
        import_module(f"ncvq_core.evaluation.{name}"), name
    )
    return own
