"""Small sweeps whose numbers are invented for the tests and mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from reports.statistics import MetricSpec

LOSS = MetricSpec(name="val_loss", scale="log", margin=0.05, direction="lower")
PROBE = MetricSpec(name="probe_svm", scale="raw", margin=0.02, direction="higher")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A design."""

    factors: Mapping[str, list[str]]
    baseline: Mapping[str, str] = field(default_factory=dict)


def ssl_sweep(datasets: int = 2, seeds: int = 4) -> Example:
    """Three methods, of which none has neither augmentations nor a weight."""
    return Example(
        factors={
            "dataset": [f"data{index}" for index in range(datasets)],
            "ssl": ["none", "barlowtwins", "vibcreg"],
            "augmentations": ["warp", "slice"],
            "aug_recon_weight": ["0.05", "0.2"],
            "seed": [str(seed) for seed in range(seeds)],
        },
        baseline={"ssl": "none"},
    )


def two_levels(datasets: int = 1, seeds: int = 4) -> Example:
    """One factor, without a baseline."""
    return Example(
        factors={
            "dataset": [f"data{index}" for index in range(datasets)],
            "variant": ["a", "b"],
            "seed": [str(seed) for seed in range(seeds)],
        }
    )


def cells(design: Example) -> pd.DataFrame:
    """All cells of a design, done, under equal conditions and without metrics."""
    rows = pd.DataFrame(list(product(*design.factors.values())), columns=list(design.factors), dtype="str")
    if "ssl" in rows:
        collapsed = [name for name in ("augmentations", "aug_recon_weight") if name in rows]
        rows.loc[rows["ssl"] == "none", collapsed] = None
    rows = rows.drop_duplicates(ignore_index=True)
    return rows.assign(
        trial_id=[f"{index:012x}" for index in rows.index], status="done", numerics_version=2,
        data_checksum="sum-" + rows["dataset"], dtype="fp32", device="cpu", fcn=None, git_commit="1111111",
    )  # fmt: skip


def random_trials(design: Example, seed: int = 0) -> pd.DataFrame:
    """Cells with a loss and an accuracy that share the noise of their seeds."""
    rows = cells(design)
    generator = np.random.default_rng(seed)
    noise = {key: generator.normal() for key, _ in rows.groupby(["dataset", "seed"])}
    shared = np.array([noise[key] for key in zip(rows["dataset"], rows["seed"], strict=True)])
    own = generator.normal(size=(2, len(rows)))
    return rows.assign(val_loss=np.exp(0.3 * shared + 0.03 * own[0]), probe_svm=0.8 + 0.01 * shared + 0.01 * own[1])


def with_values(rows: pd.DataFrame, name: str, value: Callable[[pd.Series], float]) -> pd.DataFrame:
    """The rows with a metric that is computed from each."""
    return rows.assign(**{name: [value(row) for _, row in rows.iterrows()]})


def blocks_table(values: Mapping[str, list[float]], level: str = "b") -> pd.DataFrame:
    """A table of complete blocks with these differences for each dataset."""
    rows = [
        {"level": level, "dataset": dataset, "seed": str(seed), "difference": value}
        for dataset, differences in values.items()
        for seed, value in enumerate(differences)
    ]
    table = pd.DataFrame(rows, columns=["level", "dataset", "seed", "difference"])
    return table.assign(reference="a", used=True, rounding=1e-12)


def only(table: pd.DataFrame, **equal: str | None) -> pd.Series:
    """The one row in which the columns have these values; None is missing."""
    for name, value in equal.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    assert len(table) == 1, table
    return table.iloc[0]
