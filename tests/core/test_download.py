"""Downloads, with aeon's network part replaced: there is no network in tests."""

import errno
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


@pytest.mark.parametrize("content", ["", "{", "[1]", "5", '{"Beef_TRAIN.ts"'])
def test_damaged_checksums_are_one_line(cache: Path, calls: list[str], content: str) -> None:
    folder = locate("Beef").files[0].parent
    (folder / "sha256.json").write_text(content)
    with pytest.raises(DataError) as caught:
        load_dataset("Beef")
    assert str(caught.value) == f"{folder / 'sha256.json'}: damaged; delete {folder} to download Beef again"


def test_a_cache_that_cannot_be_written_is_one_line(cache: Path, calls: list[str]) -> None:
    cache.parent.write_text("a file where the folder would be")
    with pytest.raises(DataError) as caught:
        locate("Coffee")
    assert str(caught.value) == (
        f"Coffee: not at hand, and a download cannot be kept in {cache}: Not a directory; "
        "let XDG_CACHE_HOME name a folder that can be written"
    )
    assert calls == []


def test_a_full_disk_is_one_line(cache: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ncvq_core.data.download.os.replace", full)
    with pytest.raises(DataError, match=r"^Coffee: .* cannot be kept in .*: No space left on device; let XDG_CACHE"):
        locate("Coffee")
    assert list(cache.iterdir()) == []


def test_failed_download_is_one_line_and_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, extract_path: str) -> None:
        raise URLError("no network")

    monkeypatch.setattr(aeon.datasets, "load_classification", fail)
    with pytest.raises(DataError, match=r"Coffee: not at hand .*, and the download failed: .*no network"):
        locate("Coffee")
    assert list(cache.iterdir()) == []


def test_misspelt_name_is_not_downloaded(cache: Path, calls: list[str]) -> None:
    with pytest.raises(ConfigError, match="did you mean 'GunPoint'"):
        locate("GunPiont")
    assert calls == []
