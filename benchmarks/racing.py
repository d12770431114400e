"""What does racing save? Trials until a verdict: unpaired, paired, and paired and raced, with the noise of real trials.

`python -m benchmarks.racing STORE SWEEP FACTOR LEVEL` prints the table of one comparison over all datasets of a sweep:
LEVEL against the reference of FACTOR, for each metric that has data. Sweeps are drawn with the standard deviations that
its blocks have; a design has as many seeds as decide it in 80 % of them, four at least, and a race as many as it takes
on average. `--published NAME` adds what an unpaired design needs by the variances of an imported sweep of the same
store, on the same datasets.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from docs.statistics.races import overall_of, run_races
from reports.claims.table import cells_to_compare, comparisons, spec_of
from reports.racing.bounds import Spending, pocock
from reports.read_store import Results, read_results
from reports.statistics.inference import Estimate, equivalence_p, satterthwaite, t_test
from reports.statistics.pairs import make_pairs
from reports.statistics.scale import margin_on_scale, on_scale
from reports.statistics.specification import MetricSpec

Floats = NDArray[np.float64]

FEWEST, LARGEST, MOST = 4, 16, 20_000
POWER = 0.8
SEED = 0


def obrien_fleming(level: float, share: Floats) -> Floats:
    """Spend little early: the function that was compared with Pocock's and left out."""
    return np.asarray(2 * special.ndtr(-special.ndtri(1 - level / 2) / np.sqrt(share)))


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What is known of a comparison, on the scale of its metric."""

    effect: float
    """Over all datasets."""
    paired: Floats
    """(D,) standard deviations of blocks."""
    sides: Floats
    """(D, 2) those of the means of level and reference over all but the seed."""
    trials: int
    """That one seed of all datasets needs."""

    @classmethod
    def of(cls, pairs: pd.DataFrame) -> Noise:
        """Work it out from the pairs of one level."""
        blocks = pairs.groupby(["dataset", "seed"])[["difference", "y", "y_reference"]].mean()
        spread, trials = (
            blocks.groupby("dataset").std(),
            {*pairs["trial_id"].dropna(), *pairs["trial_id_reference"].dropna()},
        )
        return cls(
            effect=float(blocks["difference"].groupby("dataset").mean().mean()),
            paired=spread["difference"].to_numpy(),
            sides=spread[["y", "y_reference"]].to_numpy(),
            trials=round(len(trials) / pairs["seed"].nunique()),
        )


def published_sides(results: Results, noise_of: pd.DataFrame, factor: str, metric: MetricSpec) -> Floats:
    """(D, 2) standard deviations over runs of the means of level and reference, of an imported sweep.

    Args:
        results: the imported sweep.
        noise_of: the pairs whose level, reference and datasets are wanted.
        factor: of these.
        metric: by which.
    """
    others = [name for name in results.sweep.group_factors if name not in ("dataset", factor)]
    runs = results.done.assign(y=on_scale(results.done[metric.name], metric.scale)["y"]).dropna(subset=["y"])
    of_cells = runs.groupby(["dataset", factor, *others], dropna=False)["y"].std()
    of_means = of_cells.groupby(["dataset", factor]).agg(lambda sds: np.sqrt((sds**2).sum()) / len(sds))
    sides = [str(noise_of[name].iloc[0]) for name in ("level", "reference")]
    return np.array([[of_means[dataset, side] for side in sides] for dataset in noise_of["dataset"].unique()])


def fixed_design(sds: Floats, effect: float, margin: float, replicates: int) -> int:
    """The smallest number of seeds, a power of 1.1 of the fewest, that decides in 80 % of the sweeps.

    Args:
        sds: (D, terms) of the independent terms of each dataset's difference.
        effect: true.
        margin: of equivalence.
        replicates: sweeps.
    """
    generator, count = np.random.default_rng(SEED), FEWEST
    while count < MOST:
        v = sds**2 / count * generator.chisquare(count - 1, (replicates, *sds.shape)) / (count - 1)
        v = v.reshape(replicates, -1) / len(sds) ** 2
        se = np.sqrt((sds**2).sum() / count) / len(sds)
        found = Estimate(
            estimate=generator.normal(effect, se, replicates),
            se=np.sqrt(v.sum(axis=-1)),
            df=satterthwaite(v, np.array(count - 1.0)),
        )
        decided = (t_test(found).p <= 0.05) | (equivalence_p(found, margin) <= 0.05)
        if decided.mean() >= POWER:
            return count
        count = max(count + 1, int(count * 1.1))
    return MOST


def raced(noise: Noise, effect: float, margin: float, replicates: int, spending: Spending) -> tuple[float, float]:
    """The mean number of seeds of a race, and the share of races that decide."""
    generator = np.random.default_rng(SEED)
    d = effect + noise.paired[:, None] * generator.standard_normal((replicates, 1, len(noise.paired), LARGEST))
    races = run_races(lambda seeds: overall_of(d[..., :seeds]), LARGEST, margin, spending)
    return float(races.seeds.mean()), float((races.different | races.equivalent).mean())


def table(results: Results, factor: str, level: str, replicates: int, published: Results | None) -> Iterator[str]:
    """Yield the table, one row a metric and true effect."""
    columns = ["metric", "margin", "true effect", *(["published"] if published else []), "unpaired", "paired"]
    columns += ["raced", "decided", "O'Brien–Fleming", "decided"]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for metric, name, seen in comparisons(results):
        spec = spec_of(metric, results.sweep.margins)
        if name != factor or spec.margin is None or factor in spec.incomparable:
            continue
        pairs = make_pairs(cells_to_compare(seen, metric.name), seen.sweep, spec, factor)
        pairs = pairs[pairs["level"] == level]
        noise, margin = Noise.of(pairs), margin_on_scale(spec.margin, spec.scale)
        if not noise.paired.all():
            continue
        designs = [noise.sides, noise.paired[:, None]]
        if published:
            known = metric.name in published.done and published.done[metric.name].notna().any()
            designs.insert(0, published_sides(published, pairs, factor, spec) if known else np.array([[np.inf]]))
        for effect in (0.0, noise.effect):
            counts = [fixed_design(sds, effect, margin, replicates) if np.isfinite(sds).all() else 0 for sds in designs]
            races = [raced(noise, effect, margin, replicates, each) for each in (pocock, obrien_fleming)]
            cells = [f"{count * noise.trials:,.0f}{'+' if count >= MOST else ''}" if count else "–" for count in counts]
            for seeds, share in races:
                cells += [f"{seeds * noise.trials:,.0f}", f"{100 * share:.0f} %"]
            yield f"| {metric.name} | {spec.margin:g} | {effect:+.4f} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table of a comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("sweep")
    parser.add_argument("factor")
    parser.add_argument("level")
    parser.add_argument("--replicates", type=int, default=2_000)
    parser.add_argument("--published")
    chosen = parser.parse_args()
    published = read_results(chosen.store, chosen.published) if chosen.published else None
    results = read_results(chosen.store, chosen.sweep)
    for line in table(results, chosen.factor, chosen.level, chosen.replicates, published):
        print(line)


if __name__ == "__main__":
    main()
