"""Networks that judge samples and were trained elsewhere: read, checked against the data, kept in the store."""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from ncvq_core.fcn_run import imported_fcn
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ncvq_core.config import fcn_id
from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError, ConfigError
from ncvq_core.stage_run import StageResult
from orchestrator.errors import StoreError
from orchestrator.provenance import provenance
from orchestrator.store import StageRecord, Store, bytes_checksum
from orchestrator.sweep import Sweep

SUFFIXES = (".ckpt", ".safetensors")
CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A network for one dataset, and how well it classifies TEST."""

    dataset: Dataset
    file: Path
    result: StageResult
    model: bytes
    """Its tensors, as the bytes of a safetensors file."""

    @property
    def source(self) -> str:
        """Return the words that name it in results: file and checksum."""
        return f"{self.file.name} {bytes_checksum(self.model)[:8]}"


def judged_datasets(sweep: Sweep) -> tuple[str, ...]:
    """Return the datasets of a sweep of which samples are drawn."""
    return tuple(dict.fromkeys(cell.config.stage1.dataset for cell in sweep.cells if cell.config.sampling))


def read_weights(folder: Path, sweep: Sweep, datasets: dict[str, Dataset]) -> list[Weights]:
    """Read the networks that a folder holds for a sweep's datasets, as NAME.ckpt or NAME.safetensors.

    Raises:
        ConfigError: no such folder, it holds none of them, or the sweep draws no samples.
        CheckpointError: a file is damaged, or its network does not fit the dataset.
    """
    names = judged_datasets(sweep)
    if not names:
        raise ConfigError(f"--fcn-weights: sweep {sweep.name} draws no samples to judge (it stops at stage 1)")
    if not folder.is_dir():
        raise ConfigError(f"--fcn-weights {folder}: no such folder; it must hold NAME.ckpt or NAME.safetensors")
    files = {name: file for name in names if (file := _file_of(folder, name))}
    if not files:
        raise ConfigError(f"--fcn-weights {folder}: holds no NAME.ckpt or NAME.safetensors of {', '.join(names)}")
    return [_read(file, datasets[name]) for name, file in files.items()]


def missing_words(weights: Iterable[Weights], folder: Path, sweep: Sweep) -> str | None:
    """Say which datasets get a network of our own for want of a file; None where none does."""
    given = {each.dataset.name for each in weights}
    missing = [name for name in judged_datasets(sweep) if name not in given]
    return f"{folder} holds no FCN of {', '.join(missing)}: the store's is used, or one is trained" if missing else None


def given_stages(weights: Iterable[Weights]) -> frozenset[str]:
    """Return the ids of the stages that networks stand for."""
    return frozenset(fcn_id(each.dataset.name) for each in weights)


def check_weights(store: Store, weights: Iterable[Weights]) -> None:
    """Check that the store holds no other network for a dataset.

    Raises:
        StoreError: it does; figures of two networks cannot be compared.
    """
    for each in weights:
        stage_id = fcn_id(each.dataset.name)
        if not store.has_stage(stage_id):
            continue
        held = store.read_stage(stage_id)
        if held.model_checksum != bytes_checksum(each.model):
            raise StoreError(
                f"{each.dataset.name}: the store's samples are judged by another FCN ({held.details['fcn']}) than "
                f"{each.file} ({each.source}), and their figures cannot be compared; use another --store"
            )


def keep_weights(store: Store, weights: Iterable[Weights]) -> None:
    """Keep those networks that the store lacks, each as the finished stage `fcn` of its dataset."""
    for each in weights:
        stage_id = fcn_id(each.dataset.name)
        if not store.has_stage(stage_id):
            store.write_stage(stage_id, _record(each), each.model)


def _file_of(folder: Path, name: str) -> Path | None:
    return next((file for suffix in SUFFIXES if (file := folder / f"{name}{suffix}").is_file()), None)


def _read(file: Path, dataset: Dataset) -> Weights:
    try:
        result = imported_fcn(dataset, _state(file), CPU)
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {error}") from error
    model = save({name: tensor.contiguous() for name, tensor in result.tensors.items()})
    return Weights(dataset=dataset, file=file, result=result, model=model)


def _state(file: Path) -> dict[str, Tensor]:
    """Read named tensors; of a .ckpt file nothing else is unpickled."""
    try:
        state = load_file(file) if file.suffix == ".safetensors" else torch.load(file, CPU, weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise CheckpointError(f"cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError("holds no state dict, that is tensors by name")
    return state


def _record(weights: Weights) -> StageRecord:
    result = weights.result
    origin = {
        **provenance(CPU),
        "started_at": datetime.now(UTC).isoformat(),
        "data_checksum": weights.dataset.checksum(),
        "data_notes": "; ".join(result.notes) or None,
    }
    return StageRecord(
        metrics=result.metrics,
        timings={"seconds": 0.0, "peak_memory_bytes": 0},
        provenance=origin,
        history=result.history,
        details={"fcn": weights.source},
    )
