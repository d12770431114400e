"""The augmented view of series."""

from torch import Generator, Tensor

from ncvq_core.augmentations import augment
from ncvq_core.config.tokenizer import BANDS, Stage1Config
from ncvq_core.tokenizer.bands import Transform


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
