"""Trains stage 1 with known faults of the published code, and measures it as that code does.

Fault 1: the probes ran in training mode, on TRAIN and then on TEST, before training and every 100 epochs: batch norm
and codebook absorbed both.
Fault 2: cluster sizes start at 0, so that the first update divides the codes that no feature chose by almost nothing;
codes start from a normal distribution.

The published measures are those of the last batch of TEST, in the order of the file, and leave the commitment out of
val_loss: it is 0 in evaluation mode there. What the code does was read in its repository,
erlendlokna/Generative-SSL-VQVAE-modelling (experiments, models/stage1/vq.py, evaluation/downstream_eval.py).

    python -m replication.faults DATA_DIR SonyAIBORobotSurface2 --fault 1 --fault 2 --seed 0 --seed 1

Each run adds a row to faults.csv beside this file; a run that is there is not repeated. With `--out FOLDER` the
tokenizers are kept for stage2_faults.py; with fault 1 after the last probes, as the published ones were.
"""

import argparse
import csv
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from ncvq_core.config import TrialConfig
from ncvq_core.config.tokenizer import Stage1Config, augmentations_text
from ncvq_core.data import load_dataset
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.tokenizer.codebook import perplexity
from ncvq_core.tokenizer.reconstruction_error import band_errors
from ncvq_core.training.precision import fastest_precision

BATCH = 128
PROBED_EVERY = 100
TABLE = Path(__file__).with_name("faults.csv")
OURS = ("val_loss", "recon_time", "recon_timefreq", "perplexity", "probe_svm", "probe_knn")
THEIRS = ("val_loss_as_published", "perplexity_as_published")
COLUMNS = ("dataset", "setting", "epochs", "faults", "seed", "precision", *OURS, *THEIRS)


@torch.no_grad()
def absorb(tokenizer: Tokenizer, series: Tensor) -> None:
    """Run series through the tokenizer in training mode: batch norm and codebook follow them."""
    for x in torch.split(series, BATCH):
        quantized = tokenizer.quantize(tokenizer.encode(tokenizer.transform(x)))
        tokenizer.decode([band.features for band in quantized])


@torch.no_grad()
def measured_as_published(tokenizer: Tokenizer, test: Tensor) -> dict[str, float]:
    """Return the published val_loss and perplexity of scaled TEST (n, C, L), of its last batch, in evaluation mode."""
    tokenizer.eval()
    x = torch.split(test, BATCH)[-1]
    bands = tokenizer.transform(x)
    quantized = tokenizer.quantize(tokenizer.encode(bands))
    decoded = tokenizer.decode([band.features for band in quantized])
    loss = functional.mse_loss(decoded.series, x) + band_errors(decoded.bands, bands)
    return dict(zip(THEIRS, (float(loss), float(perplexity(quantized[0].usage))), strict=True))


def train(config: Stage1Config, data_dir: Path, faults: list[int], out: Path | None) -> dict[str, float | None]:
    """Return OURS and THEIRS of a stage 1 with faults, and keep its tensors in the file `out`."""
    dataset = load_dataset(config.dataset, data_dir)
    run = Stage1Run(config, dataset)
    tokenizer = run.trainer.tokenizer
    train, test = (torch.from_numpy(run.scaling.apply(series)) for series in (dataset.train, dataset.test))
    if 2 in faults:
        for codebook in tokenizer.codebooks:
            codebook.cluster_size.zero_()
            codebook.cluster_sum.normal_(generator=torch.Generator().manual_seed(config.seed))
            codebook.codes.copy_(codebook.cluster_sum)
    while not run.finished:
        if 1 in faults and run.epoch % PROBED_EVERY == 0:
            absorb(tokenizer, train)
            absorb(tokenizer, test)
        run.advance()
    metrics = run.result().metrics
    measured = {name: metrics[name] for name in OURS} | measured_as_published(tokenizer, test)
    if out:
        tokenizer.train()
        for series in (train, test) if 1 in faults else ():
            absorb(tokenizer, series)
        out.parent.mkdir(exist_ok=True)
        save_file(run.result().tensors, out)
    return measured


def tokenizer_file(folder: Path, dataset: str, setting: str, faults: list[int], seed: int) -> Path:
    """Return where a tokenizer is kept."""
    words = [dataset, *setting.split(), "faults", *map(str, faults), "seed", str(seed)]
    return folder / f"{'-'.join(words)}.safetensors"


def main() -> None:
    """Run what the table lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("--fault", type=int, choices=(1, 2), action="append", default=[])
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--ssl", default="none")
    parser.add_argument("--augmentation", action="append", default=[])
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    precision = fastest_precision(torch.device("cpu"))
    setting = {"dataset": arguments.dataset, "ssl": arguments.ssl, "augmentations": arguments.augmentation}
    for seed in arguments.seed:
        values = {**setting, "seed": seed, "precision": precision, "epochs": arguments.epochs}
        config = TrialConfig.from_dict({**values, "aug_recon_weight": 0.1}).stage1
        name = f"{arguments.ssl} {augmentations_text(config.augmentations)}".strip()
        key = [
            arguments.dataset,
            name,
            str(arguments.epochs),
            "+".join(map(str, arguments.fault)),
            str(seed),
            precision,
        ]
        if key not in [row[: len(key)] for row in rows_of(TABLE)]:
            kept = arguments.out and tokenizer_file(arguments.out, arguments.dataset, name, arguments.fault, seed)
            metrics = train(config, arguments.data_dir, arguments.fault, kept)
            add_row(TABLE, COLUMNS, [*key, *(f"{metrics[column]:.5g}" for column in (*OURS, *THEIRS))])


def rows_of(table: Path) -> list[list[str]]:
    """Return the rows of a CSV file, header included; none where there is no file."""
    return list(csv.reader(table.read_text().splitlines())) if table.exists() else []


def add_row(table: Path, columns: tuple[str, ...], row: list[str]) -> None:
    """Add a row to a CSV file, and print it."""
    with table.open("a", newline="") as file:
        csv.writer(file).writerows([row] if file.tell() else [columns, row])
    print(", ".join(f"{name} {value}" for name, value in zip(columns, row, strict=True)), flush=True)


if __name__ == "__main__":
    main()
