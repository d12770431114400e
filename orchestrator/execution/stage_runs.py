"""From a task to the run that does it, and what the run leaves beside its metrics."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from torch import Tensor

from ncvq_core.config import TrialConfig, fcn_id
from ncvq_core.data import Dataset
from ncvq_core.fcn.network import TEST_FEATURES
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.judge import FcnRun
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples import SamplesRun
from ncvq_core.stages.tokenizer.run import Stage1Run
from orchestrator.execution.tensor_file import TensorFile, tensors_digest
from orchestrator.planning.graph import FCN, SAMPLES, STAGE1, STAGE2, trial_stages
from orchestrator.planning.queue import StageTask
from orchestrator.store import Store
from orchestrator.store.errors import StoreError

FID_BY_CLASS = "fid_by_class"
"""Tensor (K,) that the stage `samples` leaves, and its column."""


class Model(NamedTuple):
    """The weights of a finished stage."""

    tensors: TensorFile
    checksum: str
    """Of their file, by which records and checkpoints know them."""


def needed_models(store: Store, task: StageTask) -> dict[str, Model]:
    """Open the weights that a task needs, by stage id.

    Raises:
        StoreError: a file is missing or damaged, or was made from other weights than those that are here.
    """
    for stage_id in task.needs:
        store.check_origin(stage_id)
    return {stage_id: open_model(store, stage_id) for stage_id in task.needs}


def open_model(store: Store, stage_id: str) -> Model:
    """Open the weights of a finished stage; each tensor is read when it is used.

    Raises:
        StoreError: the file is missing or damaged.
    """
    stored = store.sound_model(stage_id)
    try:
        return Model(TensorFile(stored.path), stored.checksum)
    except (SafetensorError, OSError) as error:
        raise StoreError(
            f"weights of stage {stage_id} cannot be read ({error}); `ncvq resume` runs it again"
        ) from error


def new_run(
    task: StageTask, config: TrialConfig, dataset: Dataset, models: Mapping[str, Model], device: torch.device
) -> StageRun:
    """Return the run of a task, at its start; `models` are those that `needed_models` read."""
    if task.stage == STAGE1:
        return Stage1Run(config.stage1, dataset, device)
    if task.stage == FCN:
        return FcnRun(dataset, device)
    needs = {
        stage: models[stage_id].tensors
        for each in trial_stages(config)
        if each.stage == task.stage
        for stage, stage_id in each.needs.items()
    }
    if task.stage == STAGE2:
        return Stage2Run(config, dataset, needs[STAGE1], device)
    return SamplesRun(config, dataset, needs[STAGE1], needs[STAGE2], needs[FCN], device)


def details_of(store: Store, task: StageTask, dataset: Dataset, result: StageResult) -> dict[str, Any]:
    """Return what only some stages have: which network judges, and the Fréchet distance of each class."""
    if task.stage == FCN:
        return {"fcn": f"trained {fcn_checksum(result.tensors)}"}
    if task.stage == SAMPLES:
        details = {"fcn": store.read_stage(fcn_id(dataset.name)).details["fcn"]}
        return details | _by_class(dataset, result.tensors)
    return {}


def fcn_checksum(tensors: Mapping[str, Tensor]) -> str:
    """Return 8 hex digits that name an FCN: of its own tensors, without what it makes of TEST."""
    own = {name: tensor for name, tensor in tensors.items() if name != TEST_FEATURES}
    return tensors_digest(own)[:8]


def _by_class(dataset: Dataset, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the Fréchet distance of each class by its label, null where it is undefined; empty without any."""
    if FID_BY_CLASS not in tensors:
        return {}
    values = [None if math.isnan(value) else value for value in tensors[FID_BY_CLASS].tolist()]
    return {FID_BY_CLASS: dict(zip(dataset.classes, values, strict=True))}
