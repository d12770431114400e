"""Puts bfloat16 beside float32, as the Markdown table of log.md.

    python -m replication.compare_precision STORE

Writes precision.parquet, the trials of precision.yaml that are finished in the store, beside this file. Each cell of
the table: float32, mean ± sd over seeds; bfloat16 less float32, mean ± sd of the pairs of one seed; and how many of
float32's sd the mean difference is, bold beyond one.
"""

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
METRICS = ["val_loss", "probe_svm", "probe_knn", "perplexity"]
SETTING = ["dataset", "epochs", "ssl", "augmentations"]


def pairs(store: Path) -> pd.DataFrame:
    """Return the finished trials of settings and seeds that were trained in both precisions."""
    trials = pd.read_parquet(store / "trials").query("status == 'done' and stages == 1").fillna({"augmentations": ""})
    both = trials.groupby([*SETTING, "seed"])["precision"].transform("nunique") == 2
    return trials[both].drop(columns=["traceback", "error", "package_versions"]).sort_values([*SETTING, "seed"])


def markdown(trials: pd.DataFrame) -> str:
    """Return one row a setting."""
    lines = ["| dataset | epochs | setting | seeds | " + " | ".join(METRICS) + " |", "|---" * (4 + len(METRICS)) + "|"]
    for (dataset, epochs, ssl, augmentations), group in trials.groupby(SETTING, sort=False):
        tables = [group.pivot(index="seed", columns="precision", values=metric) for metric in METRICS]
        cells = [_cell(table) for table in tables]
        setting = f"{ssl} {augmentations}".strip()
        lines.append(f"| {dataset} | {epochs} | {setting} | {group['seed'].nunique()} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: pd.DataFrame) -> str:
    difference = values["bf16"] - values["fp32"]
    share = abs(difference.mean()) / values["fp32"].std()
    spread = f"{share:.1f} sd"
    exact = f"{values['fp32'].mean():.3g} ± {values['fp32'].std():.2g}"
    return f"{exact}; {difference.mean():+.2g} ± {difference.std():.2g}; {f'**{spread}**' if share > 1 else spread}"


if __name__ == "__main__":
    results = pairs(Path(sys.argv[1]))
    results.to_parquet(HERE / "precision.parquet", index=False)
    print(markdown(results))
