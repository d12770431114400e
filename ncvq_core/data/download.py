"""Datasets of the UCR and UEA archives, downloaded once through aeon."""

import hashlib
import importlib.util
import json
import os
import runpy
import shutil
import tempfile
import zipfile
from pathlib import Path

from ncvq_core.data.read import find_files
from ncvq_core.errors import DataError, NotAtHandError

_CHECKSUMS = "sha256.json"


def downloadable() -> frozenset[str]:
    """Return the names that aeon can download; empty where aeon is not installed."""
    folder = aeon_folder()
    if folder is None:
        return frozenset()
    lists = runpy.run_path(str(folder / "datasets" / "tsc_datasets.py"))
    return frozenset([*lists["univariate"], *lists["multivariate"]])


def aeon_folder() -> Path | None:
    """Return the folder of the installed aeon package, found without importing it, which takes seconds."""
    package = importlib.util.find_spec("aeon")
    return Path(package.origin).parent if package and package.origin else None


def download(name: str, folder: Path) -> tuple[Path, Path]:
    """Download a dataset into `folder/name`, note the checksums of its files, and return the files.

    The folder appears in one step, so that an interrupted download leaves nothing behind that looks whole.

    Raises:
        NotAtHandError: it cannot be had.
        DataError: what came is no dataset.
    """
    try:
        return _download(name, folder)
    except OSError as error:
        raise NotAtHandError(
            f"{name}: not at hand, and a download cannot be kept in {folder}: {error.strerror or error}; "
            "let XDG_CACHE_HOME name a folder that can be written"
        ) from error


def _download(name: str, folder: Path) -> tuple[Path, Path]:
    from aeon.datasets import load_classification

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
        fresh = Path(temporary) / name
        try:
            load_classification(name, extract_path=temporary)
            files = find_files(fresh, name)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            reason = " ".join(str(error).split())
            raise NotAtHandError(
                f"{name}: not at hand (--data-dir names a local archive), and the download failed: {reason}"
            ) from error
        if files is None:
            raise DataError(f"{name}: the download has no {name}_TRAIN and {name}_TEST file")
        (fresh / _CHECKSUMS).write_text(json.dumps({path.name: _sha256(path) for path in files}), encoding="utf-8")
        shutil.rmtree(folder / name, ignore_errors=True)
        os.replace(fresh, folder / name)
    return folder / name / files[0].name, folder / name / files[1].name


def verify(files: tuple[Path, Path]) -> None:
    """Check downloaded files against their checksums.

    Raises:
        DataError: they have changed since the download, or the checksums are lost.
    """
    marker = files[0].parent / _CHECKSUMS
    try:
        expected = dict(json.loads(marker.read_text(encoding="utf-8"))) if marker.exists() else {}
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{marker}: damaged; delete {marker.parent} to download {marker.parent.name} again") from error
    for path in files:
        if expected.get(path.name) != _sha256(path):
            raise DataError(f"{path}: not as it was downloaded; delete {path.parent} to download it again")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
