"""A test process is a worker; tests marked `gpu` run where there is one."""

import pytest
import torch

from ncvq_core.training.process import prepare_process


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))


@pytest.fixture(scope="session", autouse=True)
def _worker() -> None:
    prepare_process()
