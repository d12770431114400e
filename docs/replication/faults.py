"""Trains stage 1 with known faults of the published code switched on, to see what they do to its numbers.

Fault 1: the probes ran in training mode on the test loader: batch norm and codebook absorbed TEST along the way.
Fault 2: cluster sizes start at 0, so that the first update divides the codes that no feature chose by almost nothing.

    python -m docs.replication.faults DATA_DIR DATASET --fault 1 --fault 2 --seed 0 --seed 1

With `--out FOLDER` the tokenizers are kept, as SETTING-SEED.safetensors, for stage2_faults.py.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.stage1_config import Stage1Config
from ncvq_core.stage1_run import Stage1Run
from ncvq_core.stage_run import StageResult
from ncvq_core.tokenizer import Tokenizer

BATCH = 128
METRICS = ("val_loss", "recon_time", "perplexity", "probe_svm", "probe_knn")


def absorb(tokenizer: Tokenizer, series: torch.Tensor) -> None:
    """Run series through the tokenizer in training mode: batch norm and codebook follow them."""
    with torch.no_grad():
        for x in torch.split(series, BATCH):
            quantized = tokenizer.quantize(tokenizer.encode(tokenizer.transform(x)))
            tokenizer.decode([band.features for band in quantized])


def train(config: Stage1Config, data_dir: Path, faults: list[int], probe_every: int) -> StageResult:
    """Return what a stage 1 with faults leaves behind; fault 1 strikes every `probe_every` epochs."""
    dataset = load_dataset(config.dataset, data_dir)
    run = Stage1Run(config, dataset)
    test = torch.from_numpy(run.scaling.apply(dataset.test))
    if 2 in faults:
        for codebook in run.trainer.tokenizer.codebooks:
            codebook.cluster_size.zero_()
    while not run.finished:
        run.advance()
        if 1 in faults and run.epoch % probe_every == 0:
            absorb(run.trainer.tokenizer, test)
    return run.result()


def main() -> None:
    """Print the metrics of each seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("--fault", type=int, choices=(1, 2), action="append", default=[])
    parser.add_argument("--probe-every", type=int, default=10, help="epochs between two probes of fault 1")
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--ssl", default="none")
    parser.add_argument("--augmentation", action="append", default=[])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    setting = {"dataset": arguments.dataset, "ssl": arguments.ssl, "augmentations": arguments.augmentation}
    name = "+".join([arguments.ssl, *arguments.augmentation])
    for seed in arguments.seed:
        config = TrialConfig.from_dict({**setting, "seed": seed, "precision": "bf16", "aug_recon_weight": 0.1}).stage1
        result = train(config, arguments.data_dir, arguments.fault, arguments.probe_every)
        values = ", ".join(f"{metric} {result.metrics[metric]:.3f}" for metric in METRICS)
        print(f"{arguments.dataset} {name} faults {arguments.fault} seed {seed}: {values}", flush=True)
        if arguments.out:
            arguments.out.mkdir(exist_ok=True)
            save_file(result.tensors, arguments.out / f"{name}-{seed}.safetensors")


if __name__ == "__main__":
    main()
