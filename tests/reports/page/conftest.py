"""A browser, where there is one, and pages to open in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import write_report
from tests.reports.conftest import StoreWriter
from tests.reports.page.browser import Browser, program, running
from tests.reports.page.stores import write_awkward


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium; a test that asks for it is skipped where there is none."""
    chromium = program()
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with running(chromium, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="session")
def awkward_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep with long names, markup in names, and trials that failed, diverged or are missing."""
    store = write_awkward(StoreWriter(root=tmp_path_factory.mktemp("awkward") / "store"))
    return write_report(store, "fixture")
