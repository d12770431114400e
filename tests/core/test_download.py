"""Downloads, with aeon's network part replaced: there is no network in tests."""

import shutil
from pathlib import Path
from urllib.error import URLError

import aeon.datasets
import numpy as np
import pytest

from ncvq_core.data import load_dataset, locate
from ncvq_core.errors import ConfigError, DataError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NCVQ_DATA", raising=False)
    return tmp_path / "ncvq" / "data"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the download of any name deliver the bundled GunPoint under that name."""
    made: list[str] = []

    def deliver(name: str, extract_path: str) -> None:
        made.append(name)
        folder = Path(extract_path) / name
        folder.mkdir()
        for part, source in zip(("TRAIN", "TEST"), locate("GunPoint").files, strict=True):
            shutil.copy(source, folder / f"{name}_{part}.ts")

    monkeypatch.setattr(aeon.datasets, "load_classification", deliver)
    return made


def test_downloads_once_and_reads_the_same(cache: Path, calls: list[str]) -> None:
    first = load_dataset("Coffee")
    again = locate("Coffee")
    assert calls == ["Coffee"]
    assert again.source == "downloaded"
    assert np.array_equal(first.train, load_dataset("GunPoint").train)
    assert sorted(path.name for path in cache.iterdir()) == ["Coffee"]


def test_changed_download_is_refused(cache: Path, calls: list[str]) -> None:
    path = locate("Beef").files[0]
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(DataError, match="not as it was downloaded"):
        load_dataset("Beef")


def test_failed_download_is_one_line_and_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, extract_path: str) -> None:
        raise URLError("no network")

    monkeypatch.setattr(aeon.datasets, "load_classification", fail)
    with pytest.raises(DataError, match=r"Coffee: not at hand, and the download failed: .*no network"):
        locate("Coffee")
    assert list(cache.iterdir()) == []


def test_misspelt_name_is_not_downloaded(cache: Path, calls: list[str]) -> None:
    with pytest.raises(ConfigError, match="did you mean 'GunPoint'"):
        locate("GunPiont")
    assert calls == []
