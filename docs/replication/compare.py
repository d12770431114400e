"""Puts a replication beside the published study, as the Markdown tables of replication.md.

    python docs/replication/compare.py STORE published_results.csv

Writes stage1.parquet, the results of the store's finished trials, beside this file, and prints the table.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SETS = {"gaussian_noise": "gauss", "slice_and_shuffle": "slice", "window_warp+amplitude_resize": "warp"}
METRICS = {
    "val_loss": "val_loss",
    "probe_svm": "svm_accuracy",
    "probe_knn": "knn_accuracy",
    "perplexity": "val_perplexity",
}
"""Our names, and those of the study's table."""
KEYS = ["dataset", "ssl", "augmentations"]


def ours(store: Path) -> pd.DataFrame:
    """Return the finished trials of a store, augmentation sets by the study's names."""
    trials = pd.read_parquet(store / "trials").query("status == 'done'")
    trials["augmentations"] = trials["augmentations"].map(SETS).fillna("")
    return trials.drop(columns=["traceback", "error", "package_versions"]).sort_values([*KEYS, "seed"])


def published(table: Path) -> pd.DataFrame:
    """Return the study's stage-1 runs with our column names."""
    runs = pd.read_csv(table).query("stage == 'stage1'").rename(columns={"augmentation_set": "augmentations"})
    return runs.fillna({"augmentations": ""}).rename(columns={theirs: name for name, theirs in METRICS.items()})


def compare(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Return mean, sd and n of both by setting and metric, and their difference in standard errors (Welch)."""
    rows = []
    for key, group in mine.groupby(KEYS, sort=False):
        other = theirs[(theirs[KEYS] == pd.Series(dict(zip(KEYS, key, strict=True)))).all(axis=1)]
        for metric in METRICS:
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


def markdown(table: pd.DataFrame) -> str:
    """Return one row a setting; a difference beyond two standard errors is bold."""
    lines = ["| dataset | setting | " + " | ".join(METRICS) + " |", "|---|---|" + "---|" * len(METRICS)]
    for (dataset, ssl, augmentations), group in table.groupby(KEYS, sort=False):
        cells = [_cell(row) for _, row in group.set_index("metric").loc[list(METRICS)].iterrows()]
        lines.append(f"| {dataset} | {f'{ssl} {augmentations}'.strip()} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    mine = f"{row['mean']:.3g} ± {row['sd']:.2g} ({row['n']})"
    z = f"{row['z']:+.1f}"
    return f"{mine}; {row['mean′']:.3g} ± {row['sd′']:.2g} ({row['n′']}); " + (f"**{z}**" if abs(row["z"]) > 2 else z)


if __name__ == "__main__":
    results = ours(Path(sys.argv[1]))
    results.to_parquet(HERE / "stage1.parquet", index=False)
    print(markdown(compare(results, published(Path(sys.argv[2])))))
