"""Trainers side by side, of one stage or both, each in a lane of its own, have the numbers that each has alone.

What lanes do on a GPU is checked by `make gpu`, of which tests/gpu runs what a CPU can.
"""

import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.lane import Lane
from ncvq_core.training.trainer import Trainer

SMALL = {"dataset": "GunPoint", "channels": 8, "projector_width": 16, "residual_blocks": 1}
MIX = [
    {"ssl": "none", "epochs": 2},
    {"ssl": "barlowtwins", "augmentations": ["slice_and_shuffle"], "epochs": 4},
    {"ssl": "vibcreg", "augmentations": ["gaussian_noise"], "epochs": 3, "seed": 7},
]
PRIOR = {"stages": 2, "epochs": 1, "prior_epochs": 3, "prior_batch_size": 20, "prior_width": 32, "prior_layers": 2}
CPU = torch.device("cpu")


def trainers() -> list[Trainer]:
    dataset = load_dataset("GunPoint")
    configs = [TrialConfig.from_dict({**SMALL, **values}).stage1 for values in MIX]
    config = TrialConfig.from_dict({**SMALL, **PRIOR})
    tokenizer = Stage1Run(config.stage1, dataset)
    tokenizer.advance()
    prior = Stage2Run(config, dataset, tokenizer.result().tensors, CPU)
    return [*(Stage1Run(each, dataset, CPU).trainer for each in configs), prior.trainer]


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [tensor for name, tensor in trainer.state().items() if name.startswith("model.")]


def train_in_turn(trainers: list[Trainer]) -> None:
    """Step trainers to their ends, each in a lane of its own, as a worker does with the stages of a pack."""
    lanes = [Lane(trainer.device) for trainer in trainers]
    while not all(trainer.finished for trainer in trainers):
        for trainer, lane in zip(trainers, lanes, strict=True):
            if not trainer.finished:
                with lane.entered():
                    lane.capture(trainer)
                    trainer.step()
                    lane.end_step()
    for lane in lanes:
        lane.wait()


def test_a_mix_equals_single_trainers() -> None:
    packed, single = trainers(), trainers()
    train_in_turn(packed)
    for trainer in single:
        while not trainer.finished:
            trainer.step()
    for ours, theirs in zip(packed, single, strict=True):
        assert ours.steps_done == theirs.steps_done
        for mine, expected in zip(weights(ours), weights(theirs), strict=True):
            assert torch.equal(mine, expected)


def test_diverging_trainer_hurts_no_other() -> None:
    healthy, sick, *_ = trainers()
    alone, *_ = trainers()
    assert isinstance(sick, Stage1Trainer)
    sick.series.fill_(float("nan"))
    train_in_turn([sick, healthy])
    while not alone.finished:
        alone.step()
    assert all(torch.equal(mine, expected) for mine, expected in zip(weights(healthy), weights(alone), strict=True))
    assert not all(tensor.isfinite().all() for tensor in weights(sick))
