"""Stage 1's metrics."""

from statistics import mean
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ncvq_core.errors import DivergedError
from ncvq_core.evaluation.codebook_statistics import codebook_correlation, codebook_cosine
from ncvq_core.evaluation.probes import class_separation, probe_accuracies, silhouettes
from ncvq_core.metrics import metric_names
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.tokenizer.codebook import Quantized, perplexity
from ncvq_core.tokenizer.reconstruction_error import band_errors
from ncvq_core.training.sizes import EVALUATION_BATCH

BATCH = EVALUATION_BATCH

STAGE1_METRICS = tuple(name for name in metric_names("stage1") if name != "ssl_loss")
"""Metrics that are computed from the tokenizer and the series alone."""


class Labelled(NamedTuple):
    """Scaled series with their classes."""

    series: Tensor
    """(n, C, L), float32."""
    labels: NDArray[np.int64]
    """(n,)."""


class Evaluation(NamedTuple):
    """What is measured of a tokenizer."""

    metrics: dict[str, float | None]
    """STAGE1_METRICS by name; None where one is undefined (a single class has no probes)."""
    codes: NDArray[np.float32]
    """Pooled codes of the held-out series, (n, D · bands)."""
    silhouettes: NDArray[np.floating] | None
    """(n,) coefficients of these by class; None where they are undefined."""


class _Pass(NamedTuple):
    features: NDArray[np.float32]
    recon_time: float
    recon_timefreq: float
    commitment: float
    usage: list[Tensor]


def evaluate_stage1(tokenizer: Tokenizer, train: Labelled, held_out: Labelled) -> Evaluation:
    """Measure a tokenizer on series it has not seen; nothing of it changes, and no generator is drawn from.

    Args:
        tokenizer: the model; it is evaluated in eval mode and left in the mode it came in.
        train: what it was trained on; the probes are fitted here.
        held_out: TEST, or a validation part.

    Raises:
        DivergedError: its features are not finite; the last step of its training can do that, after the last loss.
    """
    was_training = tokenizer.training
    tokenizer.eval()
    try:
        with torch.inference_mode():
            on_train, on_held_out = _measure(tokenizer, train.series), _measure(tokenizer, held_out.series)
    finally:
        tokenizer.train(was_training)
    coefficients = silhouettes(on_held_out.features, held_out.labels)
    metrics: dict[str, float | None] = {
        "val_loss": on_held_out.recon_time + on_held_out.recon_timefreq + on_held_out.commitment,
        "recon_time": on_held_out.recon_time,
        "recon_timefreq": on_held_out.recon_timefreq,
        "commitment": on_held_out.commitment,
        "perplexity": mean(float(perplexity(usage)) for usage in on_held_out.usage),
        "codebook_corr": mean(codebook_correlation(book.codes) for book in tokenizer.codebooks),
        "codebook_cos": mean(codebook_cosine(book.codes) for book in tokenizer.codebooks),
        "class_separation": class_separation(coefficients),
    }
    probes: dict[str, float | None] = dict.fromkeys(("probe_svm", "probe_knn", "probe_linear"))
    if len(np.unique(train.labels)) > 1:
        probes |= probe_accuracies(on_train.features, train.labels, on_held_out.features, held_out.labels)
    return Evaluation(metrics | probes, on_held_out.features, coefficients)


def _measure(tokenizer: Tokenizer, series: Tensor) -> _Pass:
    """Return pooled quantised features (n, D · bands), means of the errors over all series, and code counts."""
    features, usage = [], [torch.zeros_like(book.cluster_size) for book in tokenizer.codebooks]
    errors = torch.zeros(3, device=series.device)
    for x in torch.split(series, BATCH):
        bands = tokenizer.transform(x)
        quantized = tokenizer.quantize(tokenizer.encode(bands))
        decoded = tokenizer.decode([band.features for band in quantized])
        batch_errors = [
            functional.mse_loss(decoded.series, x),
            band_errors(decoded.bands, bands),
            torch.stack([band.commitment for band in quantized]).sum(),
        ]
        errors += torch.stack(batch_errors) * len(x)
        for total, band in zip(usage, quantized, strict=True):
            total += band.usage
        features.append(_pooled(quantized))
    recon_time, recon_timefreq, commitment = (errors / len(series)).tolist()
    pooled = torch.cat(features)
    if not bool(torch.isfinite(pooled).all()):
        raise DivergedError("the features of the series are no longer finite after the last step")
    return _Pass(pooled.cpu().numpy(), recon_time, recon_timefreq, commitment, usage)


@torch.inference_mode()
def pooled_codes(tokenizer: Tokenizer, series: Tensor) -> NDArray[np.float32]:
    """Return the features (n, D · bands) of scaled series (n, C, L) that probes and class separation are measured on.

    Args:
        tokenizer: in evaluation mode.
        series: on its device.
    """
    parts = (tokenizer.quantize(tokenizer.encode(tokenizer.transform(x))) for x in torch.split(series, BATCH))
    return torch.cat([_pooled(quantized) for quantized in parts]).cpu().numpy()


def _pooled(quantized: list[Quantized]) -> Tensor:
    """Return the mean over the feature map of each band, side by side."""
    return torch.cat([band.features.mean(dim=(2, 3)) for band in quantized], dim=1)
