"""How workers share the GPUs of a machine."""

import pytest
import torch

from ncvq_core.errors import ConfigError
from orchestrator.planning.capacity import gpu_workers, gpus_of_a_worker


@pytest.fixture
def gpus(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)
    return int(request.param)


@pytest.mark.parametrize(
    ("gpus", "workers", "expected"), [(0, None, 0.0), (1, None, 1.0), (4, None, 1.0), (1, 4, 0.25), (2, 1, 1.0)],
    indirect=["gpus"],
)  # fmt: skip
def test_a_worker_takes_one_or_its_share(gpus: int, workers: int | None, expected: float) -> None:
    assert gpus_of_a_worker(None, workers, None) == expected
    assert gpus_of_a_worker(None, workers, "auto") == 0


@pytest.mark.parametrize("gpus", [0, 1], indirect=True)
def test_more_than_there_are_is_one_line(gpus: int) -> None:
    words = "this machine has no GPU for torch" if gpus == 0 else "this machine has 1 GPU for torch"
    with pytest.raises(ConfigError, match=rf"^--gpus-per-trial 2: {words}$"):
        gpus_of_a_worker(2.0, None, None)
    assert gpus_of_a_worker(2.0, None, "auto") == 2


@pytest.mark.parametrize(
    ("gpus", "each", "workers"), [(1, 1.0, 1), (2, 0.6, 2), (2, 0.5, 4), (2, 0.25, 8), (4, 2.0, 2), (3, 2.0, 1)],
    indirect=["gpus"],
)  # fmt: skip
def test_a_part_of_a_gpu_is_a_part_of_one(gpus: int, each: float, workers: int) -> None:
    assert gpu_workers(each) == workers
