"""Metrics that compare samples with real series by the features of a classifier."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncvq_core.data import Dataset, Series
from ncvq_core.evaluation.frechet import FeatureStatistics, frechet_distance
from ncvq_core.evaluation.inception import SPLITS, inception_score
from ncvq_core.evaluation.judgeable import check_judgeable
from ncvq_core.evaluation.precision_recall import coverage, neighbour_radii
from ncvq_core.fcn import Fcn, judge_series
from ncvq_core.fcn.network import BESIDE, TEST_FEATURES, judge_test, network_scaling
from ncvq_core.training.checksum import tensors_checksum

FEWEST = 5
"""Fewest series for which precision and recall, with three neighbours, are defined."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RealFeatures:
    """The classifier's features of TEST and what follows from them: the same for all trials of a dataset."""

    features: Tensor
    """(m, 128)."""
    statistics: FeatureStatistics
    radii: Tensor
    """(m,)."""
    by_class: tuple[FeatureStatistics | None, ...]
    """None for a class of fewer than two series."""


class Judge:
    """A classifier and its features of a dataset's TEST.

    Args:
        fcn: the classifier's state dict, with TEST_FEATURES and SCALING where they are known.
        dataset: whose samples are judged.
        device: where to compute.
    """

    def __init__(self, fcn: Mapping[str, Tensor], dataset: Dataset, device: torch.device) -> None:
        """Build the network, and compute its features of TEST unless they are given or cached.

        Raises:
            DataError: TEST is a single series.
        """
        check_judgeable(dataset)
        self.network = Fcn.of({name: value for name, value in fcn.items() if name not in BESIDE}).to(device)
        self.device = device
        self.scaling = network_scaling(fcn, dataset)
        self.classes = len(dataset.classes)
        key = (dataset.checksum(), tensors_checksum(fcn))
        if key not in _REAL:
            _REAL[key] = self._real(dataset, fcn.get(TEST_FEATURES))
            if len(_REAL) > _REMEMBERED:
                _REAL.popitem(last=False)
        self.real = _REAL[key]

    def scaled(self, series: Series | Tensor) -> Tensor:
        """Return series (n, C, L) in the units of the data as the classifier takes them."""
        return torch.from_numpy(self.scaling.apply(np.asarray(series))).to(self.device)

    def judge(self, samples: Tensor) -> dict[str, float | None]:
        """Return fid, is_mean, is_std, sample_precision and sample_recall of samples (n, C, L), n ≥ 2.

        FID is the Fréchet distance of the samples' features to TEST's.
        """
        judged = judge_series(self.network, self.scaled(samples))
        is_mean, is_std = inception_score(judged.logits.cpu())
        metrics: dict[str, float | None] = {
            "fid": frechet_distance(FeatureStatistics.of(judged.features.cpu()), self.real.statistics),
            "is_mean": is_mean,
            "is_std": is_std,
            "sample_precision": None,
            "sample_recall": None,
        }
        if min(len(samples), len(self.real.features)) >= FEWEST:
            metrics["sample_precision"] = coverage(judged.features, self.real.features, self.real.radii)
            metrics["sample_recall"] = coverage(self.real.features, judged.features, neighbour_radii(judged.features))
        return metrics

    def fid_by_class(self, samples: Tensor, labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the Fréchet distance of each class (K,); NaN where samples or TEST have fewer than two of it."""
        features = judge_series(self.network, self.scaled(samples)).features.cpu()
        found = _statistics_by_class(features, labels, self.classes)
        return np.array(
            [
                np.nan if one is None or other is None else frechet_distance(one, other)
                for one, other in zip(found, self.real.by_class, strict=True)
            ]
        )

    def notes(self, samples: int) -> tuple[str, ...]:
        """Return notes on metrics that are ill-conditioned, bounded or undefined with so many samples."""
        fewest = min(samples, self.real.statistics.count)
        dimension = len(self.real.statistics.mean)
        notes = []
        if fewest <= dimension:
            notes.append(f"fid is ill-conditioned: {fewest} series for {dimension} features")
        if (split := math.ceil(samples / SPLITS)) < self.classes:
            notes.append(f"is_mean of {samples} series in {SPLITS} splits cannot exceed {split}")
        if fewest < FEWEST:
            notes.append(f"undefined for {fewest} series: sample_precision, sample_recall")
        return tuple(notes)

    def _real(self, dataset: Dataset, known: Tensor | None) -> RealFeatures:
        features = judge_test(self.network, dataset, self.device, self.scaling).features if known is None else known
        features = features.to(
            self.device, copy=True
        )  # a copy, because `known` may lie in a file that is removed while this is cached
        radii = neighbour_radii(features) if len(features) >= FEWEST else features.new_zeros(len(features))
        return RealFeatures(
            features=features,
            statistics=FeatureStatistics.of(features.cpu()),
            radii=radii,
            by_class=_statistics_by_class(features.cpu(), dataset.test_labels, self.classes),
        )


_REMEMBERED = 16
_REAL: OrderedDict[tuple[str, str], RealFeatures] = OrderedDict()


def _statistics_by_class(
    features: Tensor, labels: NDArray[np.int64], classes: int
) -> tuple[FeatureStatistics | None, ...]:
    groups = [features[torch.from_numpy(labels == label)] for label in range(classes)]
    return tuple(FeatureStatistics.of(group) if len(group) > 1 else None for group in groups)
