"""What a finished stage 1 keeps for figures: series with augmented views, pooled codes of TEST, spectra."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.scaling import SCALING
from ncvq_core.evaluation.probes import silhouettes
from ncvq_core.evaluation.spectra import spectral_levels
from ncvq_core.evaluation.tokenizer import pooled_codes
from ncvq_core.stages.examples import (
    Plane,
    first_of,
    series_examples,
    shown_channels,
    shown_classes,
    spectrum_examples,
    spread,
)
from ncvq_core.stages.kind import Example, Shown
from ncvq_core.stages.tokenizer.run import CODES, SILHOUETTES
from ncvq_core.stages.tokenizer.views import augmented_train, augmented_view
from ncvq_core.tokenizer.bands import build_transform
from ncvq_core.tokenizer.load import load_tokenizer
from ncvq_core.training.seeding import stream

Codes = NDArray[np.floating]

VIEWS = 2
"""Augmented views of a series."""


def tokenizer_examples(
    config: Stage1Config,
    dataset: Dataset,
    tensors: Mapping[str, Tensor],
    known: Mapping[str, Any],
    device: torch.device,
) -> list[Example]:
    """Return the examples of a stage 1.

    Args:
        config: of the stage.
        dataset: the data that it names.
        tensors: what its run left behind.
        known: what its run has just worked out of TEST, by the names of `StageResult.known`; it may be empty.
        device: where to compute.
    """
    scaling = Scaling.of_tensor(tensors[SCALING], dataset.channels)
    codes, scores = (known[CODES], known[SILHOUETTES]) if known else _codes_of_test(config, dataset, tensors, device)
    return [
        *view_examples(config, dataset, scaling, device),
        *_code_examples(codes, scores, dataset),
        *_spectra(config, dataset, scaling, device),
    ]


def _codes_of_test(
    config: Stage1Config, dataset: Dataset, tensors: Mapping[str, Tensor], device: torch.device
) -> tuple[Codes, Codes | None]:
    """Return the pooled codes of TEST and their silhouette coefficients."""
    tokenizer = load_tokenizer(config, dataset, tensors, device)
    codes = pooled_codes(tokenizer.model, torch.from_numpy(tokenizer.scaling.apply(dataset.test)).to(device))
    return codes, silhouettes(codes, dataset.test_labels)


def view_examples(config: Stage1Config, dataset: Dataset, scaling: Scaling, device: torch.device) -> Iterator[Example]:
    """Give the first series of TRAIN of each class that is shown, and augmented views of it where there are any."""
    first = first_of(dataset.train_labels, shown_classes(dataset))
    names = [dataset.classes[label] for label in dataset.train_labels[first]]
    series = torch.from_numpy(scaling.apply(dataset.train[first])).to(device)
    yield from series_examples(Shown.REAL, series.cpu().numpy(), names, [0] * len(names))
    if config.ssl is None:
        return
    transform, draws = (
        build_transform(config.tokenizer, dataset.length).to(device),
        stream(config.seed, "views", device),
    )
    for number in range(VIEWS):
        view, _ = augmented_view(series, config, transform, draws)
        yield from series_examples(Shown.VIEW, view.cpu().numpy(), names, [number] * len(names))


def _code_examples(codes: Codes, scores: Codes | None, dataset: Dataset) -> Iterator[Example]:
    """Give the pooled codes (m, D) of TEST in the plane of their principal components, with their silhouettes (m,)."""
    plane = Plane(codes)
    yield Example(Shown.CODE_AXES, plane.shares)
    for place, point in zip(chosen := spread(len(codes)), plane.points(codes[chosen]), strict=True):
        score = None if scores is None else float(scores[place])
        yield Example(Shown.CODE, point, label=dataset.classes[dataset.test_labels[place]], score=score)


def _spectra(config: Stage1Config, dataset: Dataset, scaling: Scaling, device: torch.device) -> Iterator[Example]:
    train, channels = scaling.apply(dataset.train), shown_channels(dataset)
    yield from spectrum_examples(Shown.REAL_SPECTRUM, spectral_levels(train, train), channels)
    if config.ssl is not None:
        augmented = augmented_train(config, dataset, scaling, device).cpu().numpy()
        yield from spectrum_examples(Shown.AUGMENTED_SPECTRUM, spectral_levels(augmented, train), channels)
