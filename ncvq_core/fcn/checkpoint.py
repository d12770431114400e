"""Weights of an FCN from files: those of the public supervised-FCN package, or one's own."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError, DataError
from ncvq_core.fcn.network import TEST_FEATURES, Fcn
from ncvq_core.training.tensor_bytes import tensors_digest


@dataclass(frozen=True, kw_only=True, eq=False)
class FcnWeights:
    """Weights of a dataset's FCN, and where they come from."""

    state: dict[str, Tensor]
    """The network's state dict, on the CPU."""
    file: str
    """Name of the file that they were read from."""


def read_weights(folder: Path, dataset: Dataset) -> FcnWeights | None:
    """Read `folder/NAME.ckpt`; None where there is no such file.

    Raises:
        DataError: there is no such folder.
        CheckpointError: the file is not readable as weights alone, is not an FCN's, or is one of another dataset.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; --fcn-weights must name one with NAME.ckpt")
    path = folder / f"{dataset.name}.ckpt"
    if not path.is_file():
        return None
    state = _state(path)
    check_weights(state, dataset, str(path))
    return FcnWeights(state=state, file=path.name)


def check_weights(state: dict[str, Tensor], dataset: Dataset, where: str) -> None:
    """Check that weights are those of an FCN for a dataset; `where` begins the message.

    Raises:
        CheckpointError: they are not.
    """
    expected = Fcn(dataset.channels, len(dataset.classes)).state_dict()
    for name in [*expected, *state]:
        if name not in state or name not in expected:
            problem = "lacks" if name not in state else "has an unknown"
            raise CheckpointError(f"{where}: not the weights of an FCN: {problem} {name}")
    for part, noun, size in (
        ("layers.0.layers.0.weight", "channels", dataset.channels),
        ("final.weight", "classes", len(dataset.classes)),
    ):
        found = state[part].shape[1 if noun == "channels" else 0] if state[part].ndim > 1 else 0
        if found != size:
            raise CheckpointError(
                f"{where}: weights for {found} {noun}, but {dataset.name} has {size}: of another dataset?"
            )
    for name, tensor in expected.items():
        if state[name].shape != tensor.shape:
            shapes = f"{tuple(state[name].shape)}, not {tuple(tensor.shape)}"
            raise CheckpointError(f"{where}: not the weights of an FCN: {name} is {shapes}")
        if not torch.isfinite(state[name]).all():
            raise CheckpointError(f"{where}: {name} has values that are not finite")


def fcn_checksum(tensors: Mapping[str, Tensor]) -> str:
    """Return 8 hex digits that name an FCN: of its own tensors, without what it makes of TEST."""
    own = {name: tensor for name, tensor in tensors.items() if name != TEST_FEATURES}
    return tensors_digest(own)[:8]


def _state(path: Path) -> dict[str, Tensor]:
    try:
        read = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{path}: cannot be read as weights: {reason}") from error
    if not isinstance(read, dict) or not all(isinstance(value, Tensor) for value in read.values()):
        raise CheckpointError(f"{path}: not a state dict of tensors")
    return dict(read)
