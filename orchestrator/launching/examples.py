"""What figures show of stages that are done, made from the kept weights where a launch left it out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.errors import DataError, NcvqError
from ncvq_core.stages.kind import Example, Given
from ncvq_core.stages.tokenizer.examples import view_examples
from ncvq_core.training.precision import exact_float32
from orchestrator.execution.models import needed_models, open_model
from orchestrator.launching.rows import kept_config
from orchestrator.planning.graph import TrialStage, trial_stages
from orchestrator.store import Store
from orchestrator.store.errors import DamagedError
from orchestrator.store.lock import exclusive
from orchestrator.store.status import Status

Load = Callable[[str], Dataset]

VIEWED = "barlowtwins"
"""An SSL method: without one there is no augmented view, and all have the same."""


def make_examples(store: Store, sweep: str, data_dir: Path | None, say: Callable[[str], None]) -> int:
    """Make what figures show of the done trials of a sweep that lack it.

    A stage of which it cannot be made is told and left out.

    Args:
        store: holds the sweep.
        sweep: its name there.
        data_dir: local archive of datasets.
        say: is told what is made, and why something is not, a line each.

    Returns:
        Of how many stages it was made: of none where the store has no such sweep.

    Raises:
        StoreError: another process runs in the store, or a file of it cannot be read.
    """
    if sweep not in store.sweep_names():
        return 0
    exact_float32()
    load: Load = cache(lambda name: load_dataset(name, data_dir))
    made = 0
    with exclusive(store.path, " ".join(["ncvq", *sys.argv[1:]])):
        lacking = [(config, stage) for config, stage in _stages_of(store, sweep) if _lacks(store, stage.stage_id)]
        if lacking:
            say(f"{sweep}: making what figures show of {len(lacking)} stages")
        for config, stage in lacking:
            try:
                _make(store, config, stage, load)
                made += 1
            except NcvqError as error:
                say(f"stages/{stage.stage_id} has nothing for figures: {error}")
    return made


def views_of(name: str, augmentations: Sequence[str], data_dir: Path | None) -> list[Example]:
    """Return series of a dataset with augmented views, as stage 1 keeps them, without training anything.

    Args:
        name: of the dataset.
        augmentations: the set, in order.
        data_dir: local archive of datasets.

    Raises:
        DataError: the dataset is missing or unusable.
    """
    dataset = load_dataset(name, data_dir)
    config = TrialConfig.from_dict({"dataset": name, "ssl": VIEWED, "augmentations": list(augmentations)})
    return list(view_examples(config.stage1, dataset, Scaling.of(dataset.train), torch.device("cpu")))


def _stages_of(store: Store, sweep: str) -> Iterator[tuple[TrialConfig, TrialStage]]:
    """Give each stage of the done trials of a sweep that has examples, once, with a trial that has it."""
    ids = {cell["trial_id"] for cell in store.read_sweep(sweep)["cells"]}
    rows = store.read_trials(ids, ("status", "config_json")).rows.values()
    seen: set[str] = set()
    for config in (kept_config(row) for row in rows if _is_done(row)):
        for stage in trial_stages(config):
            if stage.kind.has_examples and stage.stage_id not in seen:
                seen.add(stage.stage_id)
                yield config, stage


def _is_done(row: dict[str, Any]) -> bool:
    return bool(row["status"] == Status.DONE)


def _lacks(store: Store, stage_id: str) -> bool:
    try:
        return store.stage(stage_id).examples() is None
    except DamagedError:
        return True


def _make(store: Store, config: TrialConfig, stage: TrialStage, load: Load) -> None:
    dataset, folder = load(config.stage1.dataset), store.stage(stage.stage_id)
    if dataset.checksum() != folder.read().provenance["data_checksum"]:
        raise DataError(f"{dataset.name}: the files have changed since the stage was trained on them")
    store.check_origin(stage.stage_id)
    models = needed_models(store, list(stage.needs.values()))
    needed = {name: models[stage_id].tensors for name, stage_id in stage.needs.items()}
    given = Given(config, dataset, needed, torch.device("cpu"))
    folder.add_examples(stage.kind.examples(given, open_model(store, stage.stage_id).tensors))
