"""Augmentations: one a file, batched on the device. To add one, write its file and add its line here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ncvq_core.augmentations.amplitude_resize import AmplitudeResize
from ncvq_core.augmentations.base import Augmentation
from ncvq_core.augmentations.flip import Flip
from ncvq_core.augmentations.gaussian_noise import GaussianNoise
from ncvq_core.augmentations.magnitude_warp import MagnitudeWarp
from ncvq_core.augmentations.noise_window import NoiseWindow
from ncvq_core.augmentations.slice_and_shuffle import SliceAndShuffle
from ncvq_core.augmentations.slope import Slope
from ncvq_core.augmentations.time_frequency import BlockMask, FrequencyMask, FrequencyScale, PhaseShift, PointMask
from ncvq_core.augmentations.window_warp import WindowWarp
from ncvq_core.registry import Registry

if TYPE_CHECKING:
    from torch import Generator, Tensor

__all__ = ["AUGMENTATIONS", "STUDY_SETS", "Augmentation", "augment"]

AUGMENTATIONS: Registry[Augmentation] = Registry(
    "augmentation",
    Augmentation,  # type: ignore[type-abstract]
    {
        "window_warp": WindowWarp,
        "amplitude_resize": AmplitudeResize,
        "slice_and_shuffle": SliceAndShuffle,
        "gaussian_noise": GaussianNoise,
        "magnitude_warp": MagnitudeWarp,
        "slope": Slope,
        "noise_window": NoiseWindow,
        "flip": Flip,
        "point_mask": PointMask,
        "frequency_mask": FrequencyMask,
        "block_mask": BlockMask,
        "phase_shift": PhaseShift,
        "frequency_scale": FrequencyScale,
    },
)

STUDY_SETS = {
    "warp": ("window_warp", "amplitude_resize"),
    "slice": ("slice_and_shuffle",),
    "gauss": ("gaussian_noise",),
}
"""The published study's sets, by the names that its sweeps have for them."""


def augment(x: Tensor, augmentations: Sequence[Augmentation], generator: Generator) -> Tensor:
    """Apply a set of augmentations in order; x and the result are (B, C, L)."""
    for augmentation in augmentations:
        x = augmentation(x, generator)
    return x
