"""Puts a replication beside the published study, as the Markdown tables of replication.md.

    python -m docs.replication.compare published_results.csv [STORE]

Prints a table for each stage. With a store, stage1.parquet and stage2.parquet beside this file are made anew first: the
results of its finished trials with products in bfloat16.

The published val_loss holds no commitment, which is 0 in evaluation mode there (see faults.py): our two reconstruction
errors are put beside it.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SETS = {"gaussian_noise": "gauss", "slice_and_shuffle": "slice", "window_warp+amplitude_resize": "warp"}
METRICS = {
    1: {
        "val_loss": ("stage1", "val_loss"),
        "reconstruction": ("stage1", "val_loss"),
        "probe_svm": ("stage1", "svm_accuracy"),
        "probe_knn": ("stage1", "knn_accuracy"),
        "perplexity": ("stage1", "val_perplexity"),
    },
    2: {"fid": ("stage2", "FID"), "is_mean": ("stage2", "IS_mean"), "cas": ("cas", "cas_accuracy")},
}
"""By number of stages: our names, and stage and name in the study's table."""
KEYS = ["dataset", "ssl", "augmentations"]


def ours(store: Path, stages: int) -> pd.DataFrame:
    """Return the finished trials of a store with so many stages, augmentation sets by the study's names."""
    of_sweep = "status == 'done' and stages == @stages and precision == 'bf16' and epochs == 1000"
    trials = pd.read_parquet(store / "trials").query(of_sweep)
    trials["augmentations"] = trials["augmentations"].map(SETS).fillna("")
    return trials.drop(columns=["traceback", "error", "package_versions"]).sort_values([*KEYS, "seed"])


def published(table: Path, stages: int) -> pd.DataFrame:
    """Return the study's runs, one row a run, with our column names."""
    runs = pd.read_csv(table).rename(columns={"augmentation_set": "augmentations"}).fillna({"augmentations": ""})
    parts = [
        runs[runs["stage"] == stage][KEYS].assign(**{name: runs[column]})
        for name, (stage, column) in METRICS[stages].items()
    ]
    return pd.concat(parts)


def compare(mine: pd.DataFrame, theirs: pd.DataFrame, stages: int) -> pd.DataFrame:
    """Return mean, sd and n of both by setting and metric, and their difference in standard errors (Welch)."""
    rows = []
    for key, group in mine.groupby(KEYS, sort=False):
        other = theirs[(theirs[KEYS] == pd.Series(dict(zip(KEYS, key, strict=True)))).all(axis=1)]
        for metric in METRICS[stages]:
            a, b = group[metric].dropna(), other[metric].dropna()
            error = np.sqrt(a.var() / len(a) + b.var() / len(b)) if min(len(a), len(b)) > 1 else np.nan
            statistics = {"n": len(a), "mean": a.mean(), "sd": a.std(), "n′": len(b), "mean′": b.mean(), "sd′": b.std()}
            rows.append(
                {
                    **dict(zip(KEYS, key, strict=True)),
                    "metric": metric,
                    **statistics,
                    "z": (a.mean() - b.mean()) / error,
                }
            )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame, stages: int) -> str:
    """Return one row a setting; a difference beyond two standard errors is bold."""
    names = list(METRICS[stages])
    lines = ["| dataset | setting | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for (dataset, ssl, augmentations), group in table.groupby(KEYS, sort=False):
        cells = [_cell(row) for _, row in group.set_index("metric").loc[names].iterrows()]
        lines.append(f"| {dataset} | {f'{ssl} {augmentations}'.strip()} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    mine = f"{row['mean']:.3g} ± {row['sd']:.2g} ({row['n']})"
    z = f"{row['z']:+.1f}"
    return f"{mine}; {row['mean′']:.3g} ± {row['sd′']:.2g} ({row['n′']}); " + (f"**{z}**" if abs(row["z"]) > 2 else z)


if __name__ == "__main__":
    for stages in METRICS:
        kept = HERE / f"stage{stages}.parquet"
        if sys.argv[2:]:
            ours(Path(sys.argv[2]), stages).to_parquet(kept, index=False)
        results = pd.read_parquet(kept)
        results["reconstruction"] = results["recon_time"] + results["recon_timefreq"]
        theirs = published(Path(sys.argv[1]), stages)
        print(markdown(compare(results, theirs, stages), stages), end="\n\n")
