"""A trained tokenizer, from what stage 1 left behind."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.scaling import SCALING
from ncvq_core.errors import CheckpointError, misfit
from ncvq_core.tokenizer.tokenizer import Tokenizer
from ncvq_core.training.checksum import tensors_checksum
from ncvq_core.training.precision import check_exact_float32

TOKENIZER = "tokenizer"
"""Name of a tokenizer's checksum among the tensors of a prior that was trained on it."""


class TrainedTokenizer(NamedTuple):
    """A tokenizer in evaluation mode, with the scaling of its data."""

    model: Tokenizer
    scaling: Scaling
    checksum: Tensor
    """(8,), uint8: which weights these are, for a prior to remember."""


def load_tokenizer(
    config: Stage1Config, dataset: Dataset, tensors: Mapping[str, Tensor], device: torch.device
) -> TrainedTokenizer:
    """Build a tokenizer and give it stage 1's weights; it is frozen.

    Args:
        config: of stage 1.
        dataset: the data that it was trained on.
        tensors: `StageResult.tensors` of that stage 1.
        device: where to put it.

    Raises:
        ConfigError: on a GPU, products of this process would be TF32.
        CheckpointError: the tensors are those of another configuration or dataset.
    """
    check_exact_float32(device)
    weights = dict(tensors)
    try:
        scaling = Scaling.of_tensor(weights.pop(SCALING), dataset.channels)
        with torch.random.fork_rng(devices=[]):  # of weights that are replaced
            model = Tokenizer(config, dataset.channels, dataset.length)
        model.load_state_dict(weights)
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"stage 1 does not fit {dataset.name} and its config: {misfit(error)}") from error
    model.requires_grad_(False).eval().to(device)
    checksum = torch.tensor(list(bytes.fromhex(tensors_checksum(tensors))), dtype=torch.uint8)
    return TrainedTokenizer(model, scaling, checksum)
