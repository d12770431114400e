"""Networks that judge samples and were trained elsewhere: read, checked against the data, kept in the store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ncvq_core.config import fcn_id
from ncvq_core.data import Dataset
from ncvq_core.errors import ConfigError
from ncvq_core.fcn import Fcn
from ncvq_core.fcn.checkpoint import FcnWeights, fcn_checksum
from ncvq_core.fcn.checkpoint import read_weights as read_fcn
from ncvq_core.fcn.network import TEST_FEATURES, judge_test, said_scaling
from ncvq_core.training.precision import exact_float32
from orchestrator.execution.provenance import provenance
from orchestrator.execution.tensor_file import write_tensors
from orchestrator.store import StageRecord, Store
from orchestrator.store.errors import StoreError
from orchestrator.sweepfile.sweep import Sweep

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A network for one dataset, and how well it classifies TEST."""

    dataset: Dataset
    file: str
    """Name of the file that it came in."""
    tensors: Mapping[str, Tensor]
    """Its own, and what it makes of TEST."""
    checksum: str
    """Of its own tensors, as `fcn_checksum` has it."""
    accuracy: float
    """On TEST."""

    @property
    def doubt(self) -> str | None:
        """Say why the network may be that of another dataset: it knows no more of TEST than the commonest class.

        It is not refused: for some datasets of the archive no FCN does better.
        """
        labels = self.dataset.test_labels
        commonest = float(np.bincount(labels).max() / len(labels))
        if self.accuracy > commonest:
            return None
        return (
            f"{self.file} classifies {self.accuracy:.1%} of TEST, and its commonest class is {commonest:.1%}: "
            f"are these weights of another dataset than {self.dataset.name}?"
        )

    @property
    def source(self) -> str:
        """Return the words that name it in results: file and checksum."""
        return f"{self.file} {self.checksum}"


def read_weights(folder: Path, sweep: Sweep, datasets: dict[str, Dataset]) -> list[Weights]:
    """Read the networks that a folder holds for a sweep's datasets, as NAME.ckpt.

    Raises:
        DataError: no such folder.
        ConfigError: it holds no network at all, or the sweep draws no samples.
        CheckpointError: a file is damaged, or its network does not fit the dataset.
    """
    exact_float32()  # they judge in this process
    names = sweep.judged_datasets
    if not names:
        raise ConfigError(f"--fcn-weights: sweep {sweep.name} draws no samples to judge (it stops at stage 1)")
    read = {name: read_fcn(folder, datasets[name]) for name in names}
    if not any(folder.glob("*.ckpt")):
        raise ConfigError(f"--fcn-weights {folder}: holds no NAME.ckpt, such as {names[0]}.ckpt")
    return [_measured(weights, datasets[name]) for name, weights in read.items() if weights]


def remarks(weights: Iterable[Weights], folder: Path, sweep: Sweep) -> list[str]:
    """Say which datasets get a network of our own for want of a file, and which networks are doubtful."""
    weights = list(weights)
    given = {each.dataset.name for each in weights}
    missing = [name for name in sweep.judged_datasets if name not in given]
    words = []
    if missing:
        words.append(f"{folder} holds no FCN of {', '.join(missing)}: the store's is used, or one is trained")
    return words + [each.doubt for each in weights if each.doubt]


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
        held = store.read_stage(stage_id).details["fcn"]
        if held.split()[-1] != each.checksum:
            raise StoreError(
                f"{each.dataset.name}: the store's samples are judged by another FCN ({held}) than "
                f"{each.source}, and their figures cannot be compared; use another --store"
            )


def keep_weights(store: Store, weights: Iterable[Weights]) -> None:
    """Keep those networks that the store lacks, each as the finished stage `fcn` of its dataset."""
    for each in weights:
        stage_id = fcn_id(each.dataset.name)
        if not store.has_stage(stage_id):
            store.write_stage(stage_id, _record(each), partial(write_tensors, tensors=each.tensors))


def _measured(weights: FcnWeights, dataset: Dataset) -> Weights:
    judged = judge_test(Fcn.of(weights.state), dataset, CPU)
    tensors = {**weights.state, **said_scaling(dataset), TEST_FEATURES: judged.features}
    return Weights(
        dataset=dataset,
        file=weights.file,
        tensors=tensors,
        checksum=fcn_checksum(tensors),
        accuracy=judged.accuracy,
    )


def _record(weights: Weights) -> StageRecord:
    origin = {
        **provenance(CPU),
        "started_at": datetime.now(UTC).isoformat(),
        "data_checksum": weights.dataset.checksum(),
        "numerics_version": weights.dataset.numerics_version,
        "data_notes": weights.doubt,
    }
    return StageRecord(
        metrics={"fcn_accuracy": weights.accuracy},
        timings={"seconds": 0.0, "peak_memory_bytes": 0},
        provenance=origin,
        history=[],
        details={"fcn": weights.source},
    )
