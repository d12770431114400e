"""A test process is a worker; tests marked `gpu` run where there is one."""

import hypothesis
import pytest
import torch

from ncvq_core.training.process import prepare_process

hypothesis.settings.register_profile("untimed", deadline=None)  # how fast a machine is fails no test
hypothesis.settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser as slow; of processes that share the tests, one has all that is slow."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        slow = item.get_closest_marker("slow") is not None
        item.add_marker(pytest.mark.xdist_group("slow" if slow else item.nodeid.partition("::")[0]))
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))


@pytest.fixture(scope="session", autouse=True)
def _worker() -> None:
    prepare_process()
