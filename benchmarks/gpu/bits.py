"""Comparing states of trainers."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ncvq_core.training.trainer import Trainer


def state_of(trainer: Trainer) -> dict[str, Tensor]:
    """Return a copy of a trainer's state on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in trainer.state().items()}


def assert_same_bits(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor], words: str) -> None:
    """Make sure that two states are equal.

    Raises:
        AssertionError: they are not; the message names the tensors that differ.
    """
    assert ours.keys() == theirs.keys(), f"{words}: other tensors"
    differ = [name for name in ours if not same_bits(ours[name], theirs[name])]
    if differ:
        largest = max(float((ours[name].double() - theirs[name].double()).abs().max()) for name in differ)
        shown = ", ".join(differ[:3]) + " …" * (len(differ) > 3)
        raise AssertionError(f"{words}: {len(differ)} of {len(ours)} tensors differ, by up to {largest:.1e}: {shown}")


def same_bits(ours: Tensor, theirs: Tensor) -> bool:
    """Whether two tensors are equal; a NaN equals one."""
    return ours.shape == theirs.shape and torch.equal(torch.nan_to_num(ours), torch.nan_to_num(theirs))
