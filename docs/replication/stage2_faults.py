"""Trains priors with known faults of the published code switched on, and judges their samples.

Fault 3: the baseline's prior masks the part 1 − cos(π t / 2) of the tokens, the modified prior cos(π t / 2).
Fault 4: the loss counts unmasked tokens too.

    python -m docs.replication.stage2_faults STORE DATA_DIR DATASET --fault 3 --seed 0 --seed 1

Tokenizers and the judging FCN are those of the store's finished trials, so that nothing but the faults differs; with
`--tokenizers FOLDER` the tokenizers are those that faults.py kept, which are trained with faults too.
"""

import argparse
import json
from pathlib import Path
from unittest import mock

import pandas as pd
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from ncvq_core.config import TrialConfig, fcn_id
from ncvq_core.data import load_dataset
from ncvq_core.prior import Prior, masking
from ncvq_core.prior.masking import random_masks
from ncvq_core.samples_run import SamplesRun
from ncvq_core.stage2_run import Stage2Run

METRICS = ("fid", "is_mean", "cas", "sample_precision", "sample_recall")


def loss_over_all_tokens(
    prior: Prior, tokens: list[Tensor], labels: Tensor, progress: Tensor, draws: torch.Generator
) -> Tensor:
    """Return fault 4's loss of a prior with one band: the mean over masked and unmasked tokens."""
    (network,), (band,) = prior.networks, tokens
    mask = random_masks(progress, network.positions, draws)
    logits = network(band.masked_fill(mask, network.codes), labels)
    return functional.cross_entropy(logits.flatten(0, 1), band.flatten())


def train_and_judge(
    trial: pd.Series, data_dir: Path, tokenizer: dict[str, Tensor], fcn: dict[str, Tensor], faults: list[int]
) -> dict[str, float | None]:
    """Return the sample metrics of a trial whose prior is trained again, with faults."""
    config = TrialConfig.from_dict(json.loads(trial["config_json"]))
    dataset = load_dataset(trial["dataset"], data_dir)
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
    return samples.result().metrics


def model(store: Path, stage_id: str) -> Path:
    """Return the file with a stage's tensors."""
    return store / "stages" / stage_id / "model.safetensors"


def main() -> None:
    """Print the metrics of each seed, as they were and with faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("--fault", type=int, choices=(3, 4), action="append", default=[])
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--setting", default="none", help="SSL method and augmentations, joined by +")
    parser.add_argument("--tokenizers", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    trials = pd.read_parquet(arguments.store / "trials").query(
        "status == 'done' and stages == 2 and dataset == @arguments.dataset and seed in @arguments.seed"
    )
    settings = trials["ssl"] + ("+" + trials["augmentations"]).fillna("")
    fcn = load_file(model(arguments.store, fcn_id(arguments.dataset)))
    for _, trial in trials[settings == arguments.setting].sort_values("seed").iterrows():
        kept = arguments.tokenizers and arguments.tokenizers / f"{arguments.setting}-{trial['seed']}.safetensors"
        tokenizer = load_file(kept or model(arguments.store, trial["stage1_id"]))
        faulty = train_and_judge(trial, arguments.data_dir, tokenizer, fcn, arguments.fault)
        values = ", ".join(f"{name} {trial[name]:.3f} → {faulty[name]:.3f}" for name in METRICS)
        print(f"{arguments.setting} faults {arguments.fault} seed {trial['seed']}: {values}", flush=True)


if __name__ == "__main__":
    main()
