"""The networks that judge samples: figures of two of them are never pooled."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import known_metrics


def networks(trials: pd.DataFrame) -> dict[str, list[str]]:
    """The networks that judged the samples of each dataset, in order of appearance; only datasets with one."""
    if "fcn" not in trials or "dataset" not in trials:
        return {}
    known = trials.dropna(subset=["fcn"])
    return {str(dataset): list(rows["fcn"].unique()) for dataset, rows in known.groupby("dataset", sort=False)}


def mixed_networks(trials: pd.DataFrame) -> dict[str, list[str]]:
    """The datasets whose samples were judged by more than one network, and these networks."""
    return {dataset: found for dataset, found in networks(trials).items() if len(found) > 1}


def without_mixed_judgements(trials: pd.DataFrame) -> pd.DataFrame:
    """The same trials, in which the metrics of a network are missing for a dataset that several networks judged."""
    mixed = mixed_networks(trials)
    judged = [metric.name for metric in known_metrics() if metric.judged and metric.name in trials]
    if not mixed or not judged:
        return trials
    masked = trials[judged].mask(trials["dataset"].isin(list(mixed)))
    return trials.assign(**{name: masked[name] for name in judged})
