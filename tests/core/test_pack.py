"""A pack of trainers gives each trainer's own numbers."""

import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.pack import Pack
from ncvq_core.stage1 import Stage1Trainer
from ncvq_core.stage1_run import Stage1Run

SMALL = {"dataset": "GunPoint", "channels": 8, "projector_width": 16, "residual_blocks": 1}
MIX = [
    {"ssl": "none", "epochs": 2},
    {"ssl": "barlowtwins", "augmentations": ["slice_and_shuffle"], "epochs": 4},
    {"ssl": "vibcreg", "augmentations": ["gaussian_noise"], "epochs": 3, "seed": 7},
]


def trainers(device: str) -> list[Stage1Trainer]:
    configs = [TrialConfig.from_dict({**SMALL, **values}).stage1 for values in MIX]
    return [Stage1Run(config, load_dataset("GunPoint"), torch.device(device)).trainer for config in configs]


def weights(trainer: Stage1Trainer) -> list[torch.Tensor]:
    return [tensor.cpu() for tensor in trainer.tokenizer.state_dict().values()]


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_mixed_pack_equals_single_trainers(device: str) -> None:
    packed, single = trainers(device), trainers(device)
    pack = Pack(packed)
    while not pack.finished:
        pack.step()
    pack.join()
    for trainer in single:
        while not trainer.finished:
            trainer.step()
    for ours, theirs in zip(packed, single, strict=True):
        assert ours.steps_done == theirs.steps_done
        for mine, expected in zip(weights(ours), weights(theirs), strict=True):
            assert torch.allclose(
                mine, expected, rtol=0 if device == "cpu" else 1e-3, atol=0 if device == "cpu" else 1e-4
            )


def test_diverging_trainer_hurts_no_other() -> None:
    healthy, sick = trainers("cpu")[0], trainers("cpu")[1]
    alone = trainers("cpu")[0]
    sick.series.fill_(float("nan"))
    pack = Pack([sick, healthy])
    while not pack.finished:
        pack.step()
    while not alone.finished:
        alone.step()
    assert all(torch.equal(mine, expected) for mine, expected in zip(weights(healthy), weights(alone), strict=True))
    assert not torch.isfinite(weights(sick)[-1]).all()
