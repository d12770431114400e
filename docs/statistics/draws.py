"""Trials drawn at random with the variances of real ones, to find out how often the rules of a report are right."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Noise = Literal["normal", "t3", "outliers"]

OUTLIERS, OUTLIER_SIZE = 0.05, 5.0
"""Share of outliers, and how many times as far they lie."""


@dataclass(frozen=True, kw_only=True)
class Components:
    """How a metric varies, on its scale."""

    seed_sd: tuple[float, ...]
    """Over the seeds of a setting, one value a dataset."""
    setting_factor: tuple[float, ...]
    """What multiplies it, one value a setting; the first is the reference's."""
    effect_sd: float
    """Of a setting's effect over datasets."""
    seed_correlation: float
    """Intraclass correlation of the seeds: how much of their noise two settings share."""


COMPONENTS = {
    "val_loss": Components(
        seed_sd=(0.140, 0.150, 0.259, 0.082, 0.162, 0.118, 0.067),
        setting_factor=(1.06, 0.95, 1.05, 0.89, 1.17, 0.98, 0.87),
        effect_sd=0.447,
        seed_correlation=0.34,
    ),
    "fid": Components(
        seed_sd=(0.099, 0.154, 0.328, 0.217, 0.119, 0.413, 0.120),
        setting_factor=(1.24, 0.97, 0.87, 0.94, 1.39, 0.49, 0.85),
        effect_sd=0.400,
        seed_correlation=0.36,
    ),
    "probe_knn": Components(
        seed_sd=(0.024, 0.021, 0.039, 0.067, 0.032, 0.025, 0.050),
        setting_factor=(1.28, 0.92, 0.65, 1.23, 1.19, 0.67, 0.85),
        effect_sd=0.102,
        seed_correlation=0.19,
    ),
}
"""From the 588 runs of the published study (7 datasets, 7 settings, 4 runs each; log of val_loss and FID): standard
deviations pooled by dataset, those by setting over the pooled one, and the mean over settings of the sd of effects over
datasets. Those runs have no seeds, so the correlation is that of a replication with equal seeds, 1,000 epochs each."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Replicates of a sweep, and what is true in them."""

    reference: Floats
    """(replicates, D, S) values of the reference."""
    level: Floats
    """(replicates, M, D, S) values of the levels that are compared with it."""
    effect: Floats
    """(replicates, M, D) true effect of each level on each dataset; its mean over all datasets that there are is 0."""

    @property
    def difference(self) -> Floats:
        """(replicates, M, D, S) the blocks."""
        return self.level - self.reference[:, None]


def draw(
    components: Components, generator: np.random.Generator, *, replicates: int, datasets: int, seeds: int,
    levels: int = 1, noise: Noise = "normal", effects: bool = True,
) -> Draw:  # fmt: skip
    """Draw sweeps.

    Args:
        components: how the metric varies.
        generator: where randomness comes from.
        replicates: sweeps.
        datasets: D, each with the noise of a dataset drawn from the components.
        seeds: S.
        levels: M, the settings after the reference's in order; one level is a setting drawn for each replicate.
        noise: its distribution, of variance 1.
        effects: whether levels differ from the reference at all.
    """
    sd = generator.choice(components.seed_sd, (replicates, datasets))
    factors = np.array(components.setting_factor)
    chosen = np.tile(factors[1 : levels + 1], (replicates, 1))
    if levels == 1:
        chosen = generator.choice(factors[1:], (replicates, 1))
    shared, own = np.sqrt(components.seed_correlation), np.sqrt(1 - components.seed_correlation)
    by_seed = shared * standard_noise(generator, noise, (replicates, datasets, seeds))
    of_reference = own * standard_noise(generator, noise, (replicates, datasets, seeds))
    of_levels = own * standard_noise(generator, noise, (replicates, levels, datasets, seeds))
    size = components.effect_sd if effects else 0.0
    effect = size * generator.standard_normal((replicates, levels, datasets))
    level_sd = chosen[:, :, None, None] * sd[:, None, :, None]
    return Draw(
        reference=factors[0] * sd[..., None] * (by_seed + of_reference),
        level=effect[..., None] + level_sd * (by_seed[:, None] + of_levels),
        effect=effect,
    )


def standard_noise(generator: np.random.Generator, noise: Noise, shape: tuple[int, ...]) -> Floats:
    """Symmetric noise of variance 1."""
    if noise == "t3":
        return np.asarray(generator.standard_t(3, shape) / np.sqrt(3.0))
    z = generator.standard_normal(shape)
    if noise == "outliers":
        z = np.where(generator.random(shape) < OUTLIERS, OUTLIER_SIZE * z, z)
        return np.asarray(z / np.sqrt(1 + OUTLIERS * (OUTLIER_SIZE**2 - 1)))
    return z
