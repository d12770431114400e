"""The augmented view of series."""

import torch
from torch import Generator, Tensor

from ncvq_core.augmentations import augment
from ncvq_core.config.tokenizer import BANDS, Stage1Config
from ncvq_core.data import Dataset, Scaling
from ncvq_core.tokenizer.bands import Transform, build_transform
from ncvq_core.training.seeding import stream


def augmented_view(
    x: Tensor, config: Stage1Config, transform: Transform, draws: Generator
) -> tuple[Tensor, list[Tensor]]:
    """Return the augmented view of scaled series (B, C, L), as series and as bands; a band may have its own set."""
    augmented = augment(x, config.augmentations, draws)
    bands: list[Tensor] = transform(augmented)
    own_sets = dict(config.band_augmentations)
    if not own_sets:
        return augmented, bands
    for index, band in enumerate(BANDS[config.tokenizer]):
        if band in own_sets:
            augmented = augment(x, own_sets[band], draws)
            bands[index] = transform(augmented)[index]
    return transform.inverse(bands), bands


def augmented_train(config: Stage1Config, dataset: Dataset, scaling: Scaling, device: torch.device) -> Tensor:
    """Return one augmented view of all of TRAIN, scaled (n, C, L): that whose spectra are compared with others."""
    train = torch.from_numpy(scaling.apply(dataset.train)).to(device)
    transform = build_transform(config.tokenizer, dataset.length).to(device)
    return augmented_view(train, config, transform, stream(config.seed, "augmented spectra", device))[0]
