"""Writes the tables of docs/statistics.md: `python -m docs.statistics.make_table`, some minutes on one core.

The numbers follow from the seed alone. `--replicates` sets how many sweeps are drawn for a figure; for a rejected rule
that resamples it is a tenth of that.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from docs.statistics import methods
from docs.statistics.draws import COMPONENTS, Components, Draw, Floats, Noise, draw

PAGE = Path(__file__).parents[1] / "statistics.md"
DATASETS, SEEDS = (1, 4, 13), (2, 4, 8)
METHODS = 6
PART = 5_000
SEED = 20260101
CANNOT = "–"

OTHER_CASES: tuple[tuple[str, Noise], ...] = (
    ("fid", "t3"), ("fid", "outliers"), ("val_loss", "normal"), ("probe_knn", "normal"),
)  # fmt: skip

Measure = Callable[[Draw, np.random.Generator], Floats]

RULES: dict[str, tuple[Measure, int]] = {
    "rule 4, these datasets": (lambda drawn, _: methods.covers_these(methods.rule_4(drawn), drawn), 1),
    "rule 5, datasets like these": (lambda drawn, _: methods.covers_all(methods.rule_5(drawn)), 2),
}
REJECTED: dict[str, tuple[Measure, int]] = {
    "percentile bootstrap over seeds, these datasets": (
        lambda drawn, generator: _these(methods.bootstrap_over_seeds(drawn, generator), drawn), 1),
    "two-level percentile bootstrap, datasets like these": (
        lambda drawn, generator: _all(methods.bootstrap_over_both(drawn, generator)), 2),
    "rule 4 read as datasets like these": (lambda drawn, _: methods.covers_all(methods.rule_4(drawn)), 2),
    "pooled over all (dataset, seed), datasets like these": (lambda drawn, _: _all(methods.pooled(drawn)), 2),
    "DerSimonian–Laird, datasets like these": (lambda drawn, _: _all(methods.dersimonian_laird(drawn)), 2),
    "Welch, unpaired, these datasets": (lambda drawn, _: _these(methods.welch(drawn), drawn), 1),
}  # fmt: skip
"""What is measured, and the fewest datasets that it needs."""


def _these(interval: methods.Interval, drawn: Draw) -> Floats:
    return methods.inside(interval, drawn.effect[:, 0].mean(axis=-1))


def _all(interval: methods.Interval) -> Floats:
    return methods.inside(interval, np.zeros_like(interval[0]))


def measured(
    measure: Measure, components: Components, *, replicates: int, datasets: int, seeds: int, noise: Noise = "normal",
    levels: int = 1, effects: bool = True,
) -> float:  # fmt: skip
    """The mean of a measure over so many sweeps, drawn in parts that fit into memory."""
    generator = np.random.default_rng([SEED, datasets, seeds])
    found = []
    for start in range(0, replicates, PART):
        drawn = draw(
            components, generator, replicates=min(PART, replicates - start), datasets=datasets, seeds=seeds,
            levels=levels, noise=noise, effects=effects,
        )  # fmt: skip
        found.append(measure(drawn, generator).ravel())
    return float(np.concatenate(found).mean())


def coverage_row(
    name: str, measure: Measure, fewest: int, components: Components, replicates: int, noise: Noise = "normal"
) -> str:
    """One line of a table: per cent of intervals that hold the truth."""

    def cell(datasets: int, seeds: int) -> str:
        share = measured(measure, components, replicates=replicates, datasets=datasets, seeds=seeds, noise=noise)
        return f"{100 * share:.1f}"

    return _row(name, cell, fewest)


def family_row(name: str, components: Components, replicates: int, noise: Noise = "normal") -> str:
    """One line: how often a family of six levels errs where no level differs."""

    def cell(datasets: int, seeds: int) -> str:
        share = measured(
            lambda drawn, _: methods.family_errs(drawn), components, replicates=replicates, datasets=datasets,
            seeds=seeds, noise=noise, levels=METHODS, effects=False,
        )  # fmt: skip
        return f"{share:.3f}"

    return _row(name, cell)


def _row(name: str, cell: Callable[[int, int], str], fewest: int = 1) -> str:
    cells = [
        " / ".join(cell(datasets, seeds) for seeds in SEEDS) if datasets >= fewest else CANNOT for datasets in DATASETS
    ]
    return f"| {name} | {' | '.join(cells)} |"


def tables(replicates: int) -> dict[str, str]:
    """All tables of the page by the name of their marks."""
    head = "| | " + " | ".join(f"D {count}, S 2/4/8" for count in DATASETS) + " |\n|---|---|---|---|"
    fid = COMPONENTS["fid"]
    main = [coverage_row(name, *rule, fid, replicates) for name, rule in RULES.items()]
    main.append(family_row("paired t and Holm, error of a family of 6 levels", fid, replicates))
    fewer = {name: replicates // 10 if "bootstrap" in name else replicates for name in REJECTED}
    main += [coverage_row(f"rejected: {name}", *rule, fid, fewer[name]) for name, rule in REJECTED.items()]
    others: list[str] = []
    for metric, noise in OTHER_CASES:
        for name, rule in RULES.items():
            label = f"{metric}, {noise}: {name}"
            others.append(coverage_row(label, *rule, COMPONENTS[metric], replicates, noise))
        others.append(family_row(f"{metric}, {noise}: error of a family", COMPONENTS[metric], replicates, noise))
    note = (
        f"{replicates:,} sweeps a figure ({replicates // 10:,} where a rule resamples, {methods.RESAMPLES} times "
        f"each), seed {SEED}; Monte Carlo error (one sd) {100 * np.sqrt(0.05 * 0.95 / replicates):.2f} points at 95 %."
    )
    return {"coverage": "\n".join([head, *main, "", note]), "other cases": "\n".join([head, *others])}


def with_tables(page: str, found: dict[str, str]) -> str:
    """Return the page with the text between each table's marks replaced."""
    for name, table in found.items():
        start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, after = page.split(start)[0], page.split(end)[1]
        page = f"{before}{start}\n{table}\n{end}{after}"
    return page


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the tables of docs/statistics.md.")
    parser.add_argument("--replicates", type=int, default=20_000)
    found = tables(parser.parse_args().replicates)
    page = with_tables(PAGE.read_text(encoding="utf-8"), found)
    PAGE.write_text(page, encoding="utf-8")
    print(page)
