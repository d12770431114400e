"""Trains the classifier of CAS again on the samples of finished trials: from several seeds, and for longer.

    python -m replication.classifiers STORE DATA_DIR DATASET --classifiers 3 --seed 3

Says how much of a trial's CAS is chance of the classifier, and whether its brief training is to blame for a low one.
"""

import argparse
import dataclasses
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file

from ncvq_core.config import fcn_id
from ncvq_core.config.fcn import FcnTraining
from ncvq_core.data import load_dataset
from ncvq_core.evaluation.cas import cas_training
from ncvq_core.evaluation.judge import Judge
from ncvq_core.fcn import judge_series
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.stages.samples.run import LABELLED_SAMPLES, SAMPLE_LABELS


def trainings(seed: int) -> dict[str, FcnTraining]:
    """Return ways to train, by name: that of ncvq, three times as long, and long on all samples in float32."""
    brief = cas_training(seed, torch.device("cpu"))
    return {
        "brief": brief,
        "12 epochs": dataclasses.replace(brief, epochs=12, patience=12),
        "30 epochs": FcnTraining(epochs=30, steps=0, batch_size=16, precision="fp32", seed=seed),
    }


def main() -> None:
    """Print the accuracies on TEST for each trial: as stored, then of each way to train by classifier seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("--classifiers", type=int, default=1)
    parser.add_argument("--seed", type=int, action="append", required=True, help="of the trials")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset = load_dataset(arguments.dataset, arguments.data_dir)
    stages = arguments.store / "stages"
    judge = Judge(load_file(stages / fcn_id(dataset.name) / "model.safetensors"), dataset, torch.device("cpu"))
    test = judge.scaled(dataset.test)
    trials = pd.read_parquet(arguments.store / "trials").query(
        "status == 'done' and stages == 2 and dataset == @dataset.name and seed in @arguments.seed"
    )
    for _, trial in trials.sort_values(["seed", "ssl", "augmentations"]).iterrows():
        samples = load_file(stages / trial["samples_id"] / "model.safetensors")
        data = LabelledSeries(judge.scaled(samples[LABELLED_SAMPLES]), samples[SAMPLE_LABELS].numpy())
        print(f"{trial['ssl']} {trial['augmentations'] or ''} seed {trial['seed']}: stored {trial['cas']:.3f}")
        for name in trainings(0):
            accuracies = []
            for seed in range(arguments.classifiers):
                trainer = FcnTrainer(trainings(seed)[name], data, len(dataset.classes))
                while not trainer.finished:
                    trainer.step()
                predicted = judge_series(trainer.network, test).logits.argmax(dim=1).numpy()
                accuracies.append((predicted == dataset.test_labels).mean())
            print(f"  {name}: {', '.join(f'{accuracy:.3f}' for accuracy in accuracies)}", flush=True)


if __name__ == "__main__":
    main()
