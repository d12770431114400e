"""Trains the classifier of CAS again on the samples of finished trials, for longer: is the brief training to blame?

    python docs/replication/longer_cas.py STORE DATA_DIR DATASET

30 epochs in float32 on all samples, without a held-out part, against at most 4 epochs in bfloat16 on nine tenths.
"""

import sys
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file

from ncvq_core.config import fcn_id
from ncvq_core.data import load_dataset
from ncvq_core.evaluation.samples import Judge
from ncvq_core.fcn import judge_series
from ncvq_core.fcn.train import FcnTrainer, FcnTraining, LabelledSeries
from ncvq_core.samples_run import LABELLED_SAMPLES, SAMPLE_LABELS

LONG = FcnTraining(epochs=30, steps=0, batch_size=16, precision="fp32", seed=0)


def main(store: Path, data_dir: Path, name: str) -> None:
    """Print CAS of each trial, as it was and with the longer training."""
    torch.set_num_threads(1)
    dataset = load_dataset(name, data_dir)
    judge = Judge(load_file(store / "stages" / fcn_id(name) / "model.safetensors"), dataset, torch.device("cpu"))
    test = judge.scaled(dataset.test)
    trials = pd.read_parquet(store / "trials").query("status == 'done' and stages == 2 and dataset == @name")
    for _, trial in trials.sort_values(["seed", "ssl", "augmentations"]).iterrows():
        samples = load_file(store / "stages" / trial["samples_id"] / "model.safetensors")
        data = LabelledSeries(judge.scaled(samples[LABELLED_SAMPLES]), samples[SAMPLE_LABELS].numpy())
        trainer = FcnTrainer(LONG, data, len(dataset.classes))
        while not trainer.finished:
            trainer.run_epoch()
        right = judge_series(trainer.network, test).logits.argmax(dim=1).numpy() == dataset.test_labels
        setting = f"{trial['ssl']} {trial['augmentations'] or ''}".strip()
        print(f"{setting} seed {trial['seed']}: {trial['cas']:.3f} → {right.mean():.3f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
