"""Weights of finished stages, opened for those that need them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from safetensors import SafetensorError

from ncvq_core.stages.registry import stage_kind
from orchestrator.execution.tensor_file import TensorFile
from orchestrator.planning.queue import StageTask
from orchestrator.store import Store
from orchestrator.store.errors import StoreError


class Model(NamedTuple):
    """The weights of a finished stage."""

    tensors: TensorFile
    checksum: str
    """Of their file, by which records and checkpoints know them."""


def needed_models(store: Store, stage_ids: Collection[str]) -> dict[str, Model]:
    """Open the weights of the stages that another one needs, by stage id.

    Raises:
        StoreError: a file is missing or damaged, or was made from other weights than those that are here.
    """
    for stage_id in stage_ids:
        store.check_origin(stage_id)
    return {stage_id: open_model(store, stage_id) for stage_id in stage_ids}


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


def taken_over(store: Store, task: StageTask) -> dict[str, Any]:
    """Return what a stage tells of the stages that it needs."""
    names = stage_kind(task.stage).details
    needed = (store.read_stage(stage_id).details for stage_id in task.needs)
    return {name: details[name] for details in needed for name in names if name in details}
