"""Measures tokenizers of finished trials in training mode, as the published probes did (known fault 1).

    python -m replication.training_mode STORE DATA_DIR DATASET …

Nothing is trained. Features for the probes come from batches in the order of the files, normalised over their batch,
while batch norm and codebook follow TEST; then loss and perplexity are measured again. That is the effect of the last
time that the probes ran; faults.py has that of all of them on the training.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.evaluation.probes import probe_accuracies
from ncvq_core.evaluation.tokenizer import Labelled, evaluate_stage1
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.tokenizer.load import load_tokenizer
from replication.faults import BATCH, absorb

METRICS = ("val_loss", "perplexity", "probe_svm", "probe_knn")


def measured(trial: pd.Series, store: Path, dataset: Dataset) -> dict[str, float | None]:
    """Return the metrics of a trial's tokenizer: probes in training mode, all else after it has absorbed TEST."""
    config = TrialConfig.from_dict(json.loads(trial["config_json"])).stage1
    tensors = load_file(store / "stages" / trial["stage1_id"] / "model.safetensors")
    model, scaling, _ = load_tokenizer(config, dataset, tensors, torch.device("cpu"))
    train, test = (torch.from_numpy(scaling.apply(series)) for series in (dataset.train, dataset.test))
    model.train()
    absorb(model, test)
    features = [pooled_in_training_mode(model, series) for series in (train, test)]
    probes = probe_accuracies(features[0], dataset.train_labels, features[1], dataset.test_labels)
    after = evaluate_stage1(model, Labelled(train, dataset.train_labels), Labelled(test, dataset.test_labels)).metrics
    return after | probes


@torch.no_grad()
def pooled_in_training_mode(model: Tokenizer, series: Tensor) -> NDArray[np.float32]:
    """Return pooled quantised features (n, D) of series (n, C, L)."""
    batches = [model.quantize(model.encode(model.transform(x))) for x in torch.split(series, BATCH)]
    return torch.cat([band.features.mean(dim=(2, 3)) for (band,) in batches]).numpy()


def main(store: Path, data_dir: Path, names: list[str]) -> None:
    """Print means over seeds by setting, before and after."""
    torch.set_num_threads(1)
    trials = (
        pd.read_parquet(store / "trials")
        .query("status == 'done' and stages == 1 and precision == 'bf16' and epochs == 1000 and dataset in @names")
        .replace({np.nan: None})
    )
    rows = []
    for _, trial in trials.iterrows():
        after = measured(trial, store, load_dataset(trial["dataset"], data_dir))
        setting = " ".join(filter(None, [trial["ssl"], trial["augmentations"]]))
        values = {name: (trial[name], after[name]) for name in METRICS}
        rows.append({"dataset": trial["dataset"], "setting": setting, **values})
    print("| dataset | setting | seeds | " + " | ".join(METRICS) + " |", "|---" * (3 + len(METRICS)) + "|", sep="\n")
    for setting_of, group in pd.DataFrame(rows).groupby(["dataset", "setting"]):
        means = [np.mean(group[name].tolist(), axis=0) for name in METRICS]
        cells = " | ".join(f"{before:.3g} → {after:.3g}" for before, after in means)
        print(f"| {setting_of[0]} | {setting_of[1]} | {len(group)} | {cells} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
