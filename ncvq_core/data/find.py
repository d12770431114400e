"""Where datasets are: a local archive, those that the aeon package ships, and its downloads."""

import glob
import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from ncvq_core.data.dataset import Dataset
from ncvq_core.data.download import aeon_folder, download, downloadable, verify
from ncvq_core.data.read import check_not_half, find_files, read_dataset
from ncvq_core.errors import DataError, unknown_name

LOCAL, BUNDLED, DOWNLOADED = "local", "bundled", "downloaded"


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a dataset's two files are."""

    name: str
    source: str
    files: tuple[Path, Path]


def archive_folder(data_dir: Path | None = None) -> Path | None:
    """Return the local archive: the folder given, else `$NCVQ_DATA`, else none.

    Raises:
        DataError: the folder does not exist.
    """
    chosen = data_dir or (Path(os.environ["NCVQ_DATA"]) if os.environ.get("NCVQ_DATA") else None)
    if chosen is not None and not chosen.is_dir():
        raise DataError(
            f"{chosen}: no such folder; --data-dir or NCVQ_DATA must name an archive with NAME/NAME_TRAIN.tsv"
        )
    return chosen


def download_folder() -> Path:
    """Return the folder that keeps downloaded datasets."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ncvq" / "data"


def locate(name: str, data_dir: Path | None = None) -> Location:
    """Find a dataset; a local archive comes before the bundled and the downloaded ones.

    A dataset of the UCR or UEA archive that is not at hand is downloaded, once.

    Raises:
        DataError: the archive does not exist or holds the dataset in another layout.
        NotAtHandError: the download fails.
        ConfigError: there is no such dataset; the ones at hand are listed.
    """
    if found := locate_at_hand(name, data_dir):
        return found
    if name in downloadable():
        return Location(name=name, source=DOWNLOADED, files=download(name, download_folder()))
    _check_layout(name, archive_folder(data_dir))
    names = [location.name for location in list_datasets(data_dir)]
    raise unknown_name("dataset", name, names, "dataset")


def locate_at_hand(name: str, data_dir: Path | None = None) -> Location | None:
    """Find a dataset without downloading it; None where it is not at hand.

    Raises:
        DataError: the archive does not exist, or a folder holds only one of the two files.
    """
    for source, folder in _sources(data_dir):
        if name != Path(name).name or not (folder / name).is_dir():
            continue
        if files := find_files(folder / name, name):
            return Location(name=name, source=source, files=files)
        check_not_half(folder / name, name)
    return None


def list_datasets(data_dir: Path | None = None) -> list[Location]:
    """Return all datasets at hand, sorted by name."""
    found: dict[str, Location] = {}
    for source, folder in _sources(data_dir):
        for path in sorted(folder.iterdir()):
            files = find_files(path, path.name) if path.is_dir() and path.name not in found else None
            if files is not None:
                found[path.name] = Location(name=path.name, source=source, files=files)
    return [found[name] for name in sorted(found)]


def load_dataset(name: str, data_dir: Path | None = None) -> Dataset:
    """Read a dataset.

    Raises:
        ConfigError: there is no such dataset.
        DataError: its files are unreadable or unusable.
    """
    location = locate(name, data_dir)
    states = tuple(path.stat() for path in location.files)
    return _read(location, tuple((state.st_mtime_ns, state.st_size) for state in states))


@lru_cache(maxsize=8)
def _read(location: Location, _states: tuple[tuple[int, int], ...]) -> Dataset:
    """Read the files; again only if they change."""
    if location.source == DOWNLOADED:
        verify(location.files)
    return read_dataset(location.name, location.files)


def _check_layout(name: str, archive: Path | None) -> None:
    """Check that no files of a dataset are in or near a local archive in another folder or format than ncvq reads.

    Raises:
        DataError: there are some.
    """
    if archive is None or not name or name != Path(name).name:
        return
    file = f"{glob.escape(name)}_TRAIN.*"
    folders = (path for path in archive.iterdir() if path.name == name)
    found = next(chain(*(archive.glob(f"{above}{file}") for above in ("", "*/", "*/*/")), folders), None)
    if found is not None:
        raise DataError(
            f"{name}: found {found}, but --data-dir or NCVQ_DATA must name a folder that holds "
            f"{name}/{name}_TRAIN.tsv and {name}/{name}_TEST.tsv, or both as .ts; it is {archive}"
        )


def _sources(data_dir: Path | None) -> list[tuple[str, Path]]:
    archive = archive_folder(data_dir)
    candidates = [(LOCAL, archive), (BUNDLED, _bundled_folder()), (DOWNLOADED, download_folder())]
    return [(source, folder) for source, folder in candidates if folder is not None and folder.is_dir()]


def _bundled_folder() -> Path | None:
    """The data folder of the installed aeon package."""
    package = aeon_folder()
    return package / "datasets" / "data" if package else None
