"""Puts a replication beside the published study, as the Markdown tables of log.md.

    python -m replication.compare [--published published_results.csv] [--store STORE]

Prints a table for each stage, from the files beside this one. With the study's table of runs, published.csv is made
anew first: n, mean and sd of each setting and metric. With a store, stage1.parquet and stage2.parquet are: the results
of its finished trials with products in bfloat16.

The published val_loss holds no commitment, which is 0 in evaluation mode there (see faults.py): our two reconstruction
errors are put beside it.
"""

import argparse
from pathlib import Path

import pandas as pd

from reports.statistics.beside import NEAR, means_of, put_beside

HERE = Path(__file__).parent
PUBLISHED = HERE / "published.csv"
"""n, mean and sd of the study's runs, as made by `published`."""
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


def published(table: Path) -> pd.DataFrame:
    """Return n, mean and sd of the study's runs, one row a stage, setting and metric, with our column names."""
    return pd.concat([_published(table, stages) for stages in METRICS], ignore_index=True)


def _published(table: Path, stages: int) -> pd.DataFrame:
    runs = pd.read_csv(table).rename(columns={"augmentation_set": "augmentations"}).fillna({"augmentations": ""})
    parts = [
        means_of(runs[runs["stage"] == stage], KEYS, column).sort_values(KEYS).assign(metric=name)
        for name, (stage, column) in METRICS[stages].items()
    ]
    return pd.concat(parts).assign(stages=stages)


def replicated(stages: int) -> pd.DataFrame:
    """Return our trials of so many stages, with the sum of the two reconstruction errors."""
    trials = pd.read_parquet(HERE / f"stage{stages}.parquet")
    trials["reconstruction"] = trials["recon_time"] + trials["recon_timefreq"]
    return trials


def read_published() -> pd.DataFrame:
    """Return the table that `published` made."""
    return pd.read_csv(PUBLISHED).fillna({"augmentations": ""})


def compare(mine: pd.DataFrame, theirs: pd.DataFrame, stages: int) -> pd.DataFrame:
    """Return the settings and metrics of ours beside theirs, as `ncvq report --beside` does."""
    ours = pd.concat([means_of(mine, KEYS, metric) for metric in METRICS[stages]], ignore_index=True)
    return put_beside(ours, theirs[theirs["stages"] == stages], KEYS)


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
    theirs = f"{row['mean_theirs']:.3g} ± {row['sd_theirs']:.2g} ({row['n_theirs']})"
    z = f"{row['z']:+.1f}"
    return f"{mine}; {theirs}; " + (f"**{z}**" if abs(row["z"]) > NEAR else z)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--published", type=Path, help="the study's runs, one row a run")
    parser.add_argument("--store", type=Path, help="a store with the trials of stage1.yaml and stage2.yaml")
    arguments = parser.parse_args()
    if arguments.published:
        published(arguments.published).to_csv(PUBLISHED, index=False)
    for stages in METRICS:
        if arguments.store:
            ours(arguments.store, stages).to_parquet(HERE / f"stage{stages}.parquet", index=False)
        print(markdown(compare(replicated(stages), read_published(), stages), stages), end="\n\n")
