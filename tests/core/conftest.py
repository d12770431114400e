"""Shared by the tests of ncvq_core: one thread, no surprises from the environment, small models on small real data."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.stages.tokenizer.run import Stage1Run

SMALL = {
    "dataset": "GunPoint",
    "augmentations": ["window_warp", "amplitude_resize"],
    "epochs": 3,
    "batch_size": 16,
    "channels": 16,
    "residual_blocks": 1,
    "projector_width": 64,
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NCVQ_DATA", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def small_config() -> Callable[..., Stage1Config]:
    """Build a config that trains in well under a second; keywords override."""

    def build(**overrides: Any) -> Stage1Config:
        return TrialConfig.from_dict({**SMALL, **overrides}).stage1

    return build


@pytest.fixture(scope="session")
def gunpoint() -> Dataset:
    return load_dataset("GunPoint")


@pytest.fixture(scope="session")
def series(gunpoint: Dataset) -> Tensor:
    """GunPoint's TRAIN, scaled: (50, 1, 150)."""
    return torch.from_numpy(Scaling.of(gunpoint.train).apply(gunpoint.train))


@pytest.fixture(scope="session")
def write_tsv() -> Callable[..., Path]:
    """Write one half of a dataset, rows of label and values, in the archive's layout; return the file."""

    def write(archive: Path, name: str, part: str, rows: list[list[Any]]) -> Path:
        path = archive / name / f"{name}_{part}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        return path

    return write


SMALL_PRIOR = {"stages": 2, "prior_epochs": 4, "prior_batch_size": 16, "prior_width": 32, "prior_layers": 2}


@pytest.fixture(scope="session")
def prior_config() -> Callable[..., TrialConfig]:
    """Build a trial with a small prior on a small tokenizer; keywords override."""

    def build(**overrides: Any) -> TrialConfig:
        return TrialConfig.from_dict({**SMALL, "epochs": 2, "ssl": "none", **SMALL_PRIOR, **overrides})

    return build


@pytest.fixture(scope="session")
def tokenizer_of(gunpoint: Dataset) -> Callable[[TrialConfig], dict[str, Tensor]]:
    """Train the tokenizer of a trial on GunPoint, once a config, and return its tensors."""
    trained: dict[str, dict[str, Tensor]] = {}

    def train(config: TrialConfig) -> dict[str, Tensor]:
        if config.stage1_id not in trained:
            run = Stage1Run(config.stage1, gunpoint)
            while not run.finished:
                run.advance()
            trained[config.stage1_id] = run.result().tensors
        return trained[config.stage1_id]

    return train
