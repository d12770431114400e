"""Trains priors with known faults of the published code switched on, and judges their samples.

Fault 3: the baseline's prior masks the part 1 − cos(π t / 2) of the tokens, the modified prior cos(π t / 2).
Fault 4: the loss counts unmasked tokens too.

    python -m replication.stage2_faults DATA_DIR FCN_WEIGHTS TOKENIZERS DATASET --fault 3 --fault 4 --seed 0

TOKENIZERS is a folder in which faults.py kept tokenizers; those with `--tokenizer-fault` are taken. Each run adds a row
to stage2_faults.csv beside this file; a run that is there is not repeated. `cas_by_batches` is the mean over TEST's
batches of 256 series in the order of the file, each of equal weight. The published CAS is a moving average of those, of
a classifier that trains for 1,000 epochs in batches of 256: `cas_as_published`, for `--classifier-epochs`.
"""

import argparse
import math
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from ncvq_core.config import TrialConfig
from ncvq_core.config.fcn import FcnTraining
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.errors import DataError
from ncvq_core.evaluation.judge import Judge
from ncvq_core.fcn import Fcn, judge_series
from ncvq_core.fcn.checkpoint import read_weights
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.prior import Prior, masking
from ncvq_core.prior.masking import random_masks
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples.run import LABELLED_SAMPLES, SAMPLE_LABELS, SamplesRun
from ncvq_core.training.precision import fastest_precision
from replication.faults import add_row, rows_of, tokenizer_file

CPU = torch.device("cpu")
BATCH = 256
TABLE = Path(__file__).with_name("stage2_faults.csv")
METRICS = ("fid", "is_mean", "cas", "cas_by_batches", "cas_as_published", "sample_precision", "sample_recall")
AVERAGED = 50
"""Last epochs of a long classifier whose accuracies count: an average at rate 0.01 has forgotten earlier ones."""
COLUMNS = ("dataset", "setting", "prior_epochs", "tokenizer_faults", "faults", "seed", "precision", *METRICS)


def loss_over_all_tokens(
    prior: Prior, tokens: list[Tensor], labels: Tensor, progress: Tensor, draws: torch.Generator
) -> Tensor:
    """Return fault 4's loss of a prior with one band: the mean over masked and unmasked tokens."""
    (network,), (band,) = prior.networks, tokens
    mask = random_masks(progress, network.positions, draws)
    logits = network(band.masked_fill(mask, network.codes), labels)
    return functional.cross_entropy(logits.flatten(0, 1), band.flatten())


def train_and_judge(
    config: TrialConfig,
    dataset: Dataset,
    tokenizer: dict[str, Tensor],
    fcn: dict[str, Tensor],
    faults: list[int],
    classifier_epochs: int,
) -> dict[str, float | None]:
    """Return METRICS of a prior that is trained with faults."""
    stage2 = Stage2Run(config, dataset, tokenizer)
    ratio = (lambda progress: 1 - torch.cos(0.5 * torch.pi * progress)) if 3 in faults else masking.mask_ratio
    loss = loss_over_all_tokens if 4 in faults else Prior.forward
    with mock.patch.object(masking, "mask_ratio", ratio), mock.patch.object(Prior, "forward", loss):
        while not stage2.finished:
            stage2.advance()
        prior = stage2.result().tensors
    samples = SamplesRun(config, dataset, tokenizer, prior, fcn)
    while not samples.finished:
        samples.advance()
    assert samples.trainer is not None
    result, judge = samples.result(), Judge(fcn, dataset, CPU)
    test = LabelledSeries(judge.scaled(dataset.test), dataset.test_labels)
    drawn = LabelledSeries(judge.scaled(result.tensors[LABELLED_SAMPLES]), result.tensors[SAMPLE_LABELS].numpy())
    return {
        **result.metrics,
        "cas_by_batches": float(np.mean(batch_accuracies(samples.trainer.network, test))),
        "cas_as_published": cas_as_published(drawn, test, len(dataset.classes), classifier_epochs),
    }


def batch_accuracies(network: Fcn, test: LabelledSeries) -> list[float]:
    """Return the accuracy of each batch of TEST."""
    right = judge_series(network, test.series).logits.argmax(dim=1).numpy() == test.labels
    return [float(right[start : start + BATCH].mean()) for start in range(0, len(right), BATCH)]


def cas_as_published(drawn: LabelledSeries, test: LabelledSeries, classes: int, epochs: int) -> float:
    """Return the moving average (rate 0.01) of batch accuracies over training; NaN without epochs."""
    if not epochs:
        return math.nan
    settings = FcnTraining(epochs=epochs, steps=0, batch_size=BATCH, precision="fp32", seed=0, weight_decay=1e-5)
    trainer, average = FcnTrainer(settings, drawn, classes), math.nan
    while not trainer.finished:
        for _ in range(trainer.order.steps):
            trainer.step()
        if epochs - trainer.epoch < AVERAGED:
            accuracies = batch_accuracies(trainer.network, test)
            print(f"classifier, epoch {trainer.epoch}: accuracy {np.mean(accuracies):.3f}", flush=True)
            for accuracy in accuracies:
                average = accuracy if math.isnan(average) else 0.99 * average + 0.01 * accuracy
    return average


def main() -> None:
    """Run what the table lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data_dir", "fcn_weights", "tokenizers"):
        parser.add_argument(name, type=Path)
    parser.add_argument("dataset")
    parser.add_argument("--setting", default="none", help="SSL method and augmentations, as in the file's name")
    parser.add_argument("--tokenizer-fault", type=int, action="append", default=[])
    parser.add_argument("--fault", type=int, choices=(3, 4), action="append", default=[])
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--prior-epochs", type=int, default=1000)
    parser.add_argument("--classifier-epochs", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset, precision = load_dataset(arguments.dataset, arguments.data_dir), fastest_precision(CPU)
    weights = read_weights(arguments.fcn_weights, dataset)
    if weights is None:
        raise DataError(f"{arguments.fcn_weights}: no weights for {dataset.name}")
    given, faults = ("+".join(map(str, each)) for each in (arguments.tokenizer_fault, arguments.fault))
    for seed in arguments.seed:
        key = [dataset.name, arguments.setting, str(arguments.prior_epochs), given, faults, str(seed), precision]
        if key in [row[: len(key)] for row in rows_of(TABLE)]:
            continue
        values = {"dataset": dataset.name, "ssl": "none", "seed": seed, "precision": precision, "stages": 2}
        config = TrialConfig.from_dict(
            {**values, "prior_epochs": arguments.prior_epochs}
        )  # of SSL, samples know nothing
        file = tokenizer_file(arguments.tokenizers, dataset.name, arguments.setting, arguments.tokenizer_fault, seed)
        metrics = train_and_judge(
            config, dataset, load_file(file), weights.state, arguments.fault, arguments.classifier_epochs
        )
        add_row(TABLE, COLUMNS, [*key, *(f"{metrics[name]:.5g}" for name in METRICS)])


if __name__ == "__main__":
    main()
