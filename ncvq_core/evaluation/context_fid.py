"""Context-FID: the Fréchet distance in features that were learnt without labels (PSA-GAN, Jeha et al., ICLR 2022)."""

import torch
from torch import Tensor

from ncvq_core.data import Dataset, Scaling
from ncvq_core.evaluation.context_encoder import ContextEncoder, trained_encoder
from ncvq_core.evaluation.frechet import FeatureStatistics, frechet_distance
from ncvq_core.evaluation.further import Measured


class ContextFeatures:
    """Features of a dataset's series, each in standard deviations of TRAIN's.

    Args:
        dataset: on whose TRAIN the encoder is trained.
    """

    def __init__(self, dataset: Dataset) -> None:
        """Train the encoder."""
        train = torch.from_numpy(Scaling.of(dataset.train).apply(dataset.train))
        self._encoder: ContextEncoder = trained_encoder(train)
        self._deviation = self._encoder.features(train).std(dim=0).clamp_min(1e-6)

    def __call__(self, series: Tensor) -> Tensor:
        """Return the features (n, D) of scaled series (n, C, L)."""
        return self._encoder.features(series) / self._deviation


def context_fid(measured: Measured) -> float:
    """Return the squared Fréchet distance of the features of samples and of TEST, two series or more of each."""
    features = _features_of(measured.dataset)
    one, other = (FeatureStatistics.of(features(each)) for each in (measured.scaled_samples(), measured.scaled_test()))
    return frechet_distance(one, other)


_REMEMBERED = 16
_KNOWN: dict[str, ContextFeatures] = {}
"""By the checksum of the dataset: the same for all of its trials."""


def _features_of(dataset: Dataset) -> ContextFeatures:
    key = dataset.checksum()
    if key not in _KNOWN:
        if len(_KNOWN) == _REMEMBERED:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = ContextFeatures(dataset)
    return _KNOWN[key]
