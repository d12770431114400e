"""Do the intervals of rank correlations hold the truth? Sweeps are drawn at random, whose correlation is known.

`python -m benchmarks.association [--replicates N]` prints the tables of benchmarks/log/association.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reports.statistics.inference import datasets_like_these, t_test, these_datasets
from reports.statistics.moderation import permutation_p, rho_interval

Floats = NDArray[np.float64]

SWEEPS = ((2, 4, 3), (4, 4, 3), (4, 2, 4), (5, 4, 4), (4, 4, 8), (13, 2, 3), (13, 4, 5))
"""Datasets, seeds and settings a block."""
DATASETS = (6, 8, 13, 30)
CORRELATIONS = (0.0, 0.6, 0.9)
SEED = 0


def pairs(correlation: float, shape: Sequence[int], generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return two normal variables of a shape with a correlation."""
    x, noise = generator.normal(size=(2, *shape))
    return x, correlation * x + np.sqrt(1 - correlation**2) * noise


def rank_correlations(x: Floats, y: Floats) -> Floats:
    """Return Spearman's rank correlation along the last axis."""
    ranks = [stats.rankdata(values, axis=-1) for values in (x, y)]
    one, two = (each - each.mean(axis=-1, keepdims=True) for each in ranks)
    return np.asarray((one * two).sum(axis=-1) / np.sqrt((one**2).sum(axis=-1) * (two**2).sum(axis=-1)))


def inside_blocks(replicates: int) -> Iterator[str]:
    """Yield the table of `ssl_difficulty` and `transfer`: ρ inside blocks, averaged over them, by rules 4 and 5.

    The truth is the expected ρ of so many settings, which is what a mean over blocks estimates.
    """
    yield "| datasets, seeds, settings | correlation | these datasets | datasets like these |"
    yield "|---|---|---|---|"
    for correlation in CORRELATIONS:
        for datasets, seeds, settings in SWEEPS:
            generator = np.random.default_rng(SEED)
            rho = rank_correlations(*pairs(correlation, (replicates, datasets, seeds, settings), generator))
            means, truth = rho.mean(axis=-1), rho.mean()
            tests = (
                t_test(these_datasets(means, rho.std(axis=-1, ddof=1), np.full_like(means, seeds))),
                t_test(datasets_like_these(means)),
            )
            held = [(test.low <= truth) & (truth <= test.high) for test in tests]
            said = [test.high > test.low for test in tests]  # without any spread, a report gives no interval
            shares = [100 * float(one[two].mean()) for one, two in zip(held, said, strict=True)]
            yield f"| {datasets}, {seeds}, {settings} | {correlation} | {shares[0]:.1f} | {shares[1]:.1f} |"


def over_datasets(replicates: int) -> Iterator[str]:
    """Yield the table of `moderators`: one ρ over datasets, its interval, and how often its test rejects.

    The truth is the rank correlation of a normal distribution, 6/π · asin(r/2) (Kruskal, JASA 53, 1958).
    """
    yield "| datasets | correlation | interval holds the truth | p at most 0.05 |"
    yield "|---|---|---|---|"
    for correlation in CORRELATIONS:
        truth = 6 / np.pi * np.arcsin(correlation / 2)
        for datasets in DATASETS:
            x, y = pairs(correlation, (replicates, datasets), np.random.default_rng(SEED))
            rho = rank_correlations(x, y)
            ends = np.array([rho_interval(float(each), datasets) for each in rho])
            held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
            rejected = [permutation_p(one, two) <= 0.05 for one, two in zip(x, y, strict=True)]
            yield f"| {datasets} | {correlation} | {100 * held.mean():.1f} | {100 * np.mean(rejected):.1f} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=3000, help="random sweeps a row")
    replicates = parser.parse_args().replicates
    for lines in (inside_blocks(replicates), over_datasets(min(replicates, 1000))):
        print(*lines, "", sep="\n")


if __name__ == "__main__":
    main()
