"""Sweep files: found by name or path, changed by --set, checked as a whole before anything runs.

A sweep file is YAML 1.2 with the keys `description`, `base`, `factors`, `baseline`, `answers`, `margins`, `belief`,
`search`, `profiles`, `plugins`, `zip`, `exclude` and `where`.
Its cells are the grid of all levels, where zipped factors move together; `where` keeps the cells that match one of its
entries, `exclude` drops those that match one of its own, and cells that then are the same trial become one. With
`search` there is no grid: suggestions are drawn while it runs.
"""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ncvq_core.config import field_names
from ncvq_core.errors import unknown_name
from ncvq_core.packages import HOME
from ncvq_core.plugins import Plugin, PluginError, additions, load_installed, load_plugin
from orchestrator.sweepfile.belief import read_belief
from orchestrator.sweepfile.expand import CheckDataset, check_named, expand
from orchestrator.sweepfile.factors import Factors, read_factors
from orchestrator.sweepfile.metrics import read_answers, read_margins
from orchestrator.sweepfile.profiles import BUDGET, all_levels, check_profiles, profile_names, with_profile, with_seeds
from orchestrator.sweepfile.search import SECTION as SEARCH
from orchestrator.sweepfile.search import check_others, read_search
from orchestrator.sweepfile.sections import check_sections, read_design
from orchestrator.sweepfile.sweep import Sweep, SweepError, without_datasets
from orchestrator.sweepfile.yaml_lines import Source, parse_yaml

_SUFFIX = ".yaml"


def sweep_names() -> tuple[str, ...]:
    """Return the names of the sweeps that come with the package."""
    return tuple(sorted(_named_sweeps()))


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What the command line changes of a sweep file, in this order."""

    profile: str | None = None
    """One of the file's profiles."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Of `--set`: a setting's value, or for a factor its levels (values or labels), or one level."""
    seeds: int | None = None
    """Of `--seeds`: how many seeds, instead of those of the file."""
    plugins: tuple[Path, ...] = ()
    """Of `--plugin`: files that are loaded first, before those that the file names."""
    available: bool = False
    """Leave out the datasets that are not at hand, instead of refusing."""


def load_sweep(
    name_or_path: str | Path,
    changes: Changes | Mapping[str, Any] | None = None,
    check_dataset: CheckDataset | None = None,
) -> Sweep:
    """Read, check and expand a sweep; its profiles are checked too, also those that are not used.

    Args:
        name_or_path: a named sweep, or the path of a YAML file.
        changes: what to change of it; a mapping is overrides alone.
        check_dataset: raises ConfigError or DataError for a dataset that cannot be had.

    Raises:
        SweepError: one line that says where (file and line, or --set) and what is wrong.
        PluginError: a plugin cannot be used.
    """
    file = _named_sweeps().get(str(name_or_path)) or Path(name_or_path)
    source = parse_yaml(_read_text(file), str(file))
    changes = changes if isinstance(changes, Changes) else Changes(overrides=changes or {})
    check_sections(source)
    plugins = _load([*changes.plugins, *_named_plugins(source, file)])
    check_profiles(source)
    factors = read_factors(source, {})
    sweep = _read(source, factors, changes, check_dataset)
    for profile in profile_names(source):
        if profile != changes.profile:
            _read(source, factors, Changes(profile=profile), None)
    stem = file.name.removesuffix(_SUFFIX)
    name = f"{stem}-{changes.profile}" if changes.profile else stem
    return dataclasses.replace(sweep, name=name, plugins=plugins)


def load_plugins(plugins: Sequence[Path], sweep: str | Path | None = None) -> None:
    """Load plugins of installed packages, some files, and those that a sweep file names, as far as they are there.

    Args:
        plugins: files that have to be there.
        sweep: a name, or a sweep file; all else in it is not looked at.

    Raises:
        PluginError: a plugin cannot be used.
    """
    file = Path(sweep or "")
    written: list[Any] = []
    if file.is_file():
        with contextlib.suppress(SweepError):
            source = parse_yaml(_read_text(file), str(file))
            check_sections(source)
            written = source.data.get("plugins", [])
    named = [file.parent / name for name in written if isinstance(name, str)]
    _load([*plugins, *(path for path in named if path.is_file())])


def _named_plugins(source: Source, file: Path) -> list[Path]:
    """Return the plugins that a sweep file names, which it does relative to itself."""
    paths = []
    for index, written in enumerate(source.data.get("plugins", [])):
        if not isinstance(written, str) or not (path := file.parent / written).is_file():
            raise source.error(f"plugin {written!r}: there is no such file beside the sweep file", "plugins", index)
        paths.append(path)
    return paths


def _load(paths: Sequence[Path]) -> tuple[Plugin, ...]:
    """Load the plugins of installed packages and some files; return all, each once."""
    loaded = [*load_installed(), *(load_plugin(path) for path in paths)]
    for plugin in loaded:
        _check_columns(plugin)
    return tuple({plugin.checksum: plugin for plugin in loaded}.values())


def _check_columns(plugin: Plugin) -> None:
    """Check that no metric of a plugin is called as another column of the store.

    Raises:
        PluginError: one is.
    """
    from orchestrator.store.schema import TRIALS  # pyarrow, without which a sweep that has no plugin is read

    for addition in additions(plugin):
        if addition.kind == "metric" and addition.name in TRIALS.names:
            place = f"{plugin.path}:{addition.line}"
            raise PluginError(f"{place}: metric {addition.name!r}: the store has another column of that name")


def _read(source: Source, factors_of_file: Factors, changes: Changes, check_dataset: CheckDataset | None) -> Sweep:
    """Read a sweep file with some changes; the name is still to be given."""
    known = factors_of_file
    if changes.profile:
        source = with_profile(source, factors_of_file, changes.profile)
        known = all_levels(known, read_factors(source, known))
    for name, value in changes.overrides.items():
        source = _override(source, known, name, value)
    if changes.seeds:
        source = with_seeds(source, changes.seeds)
    factors = read_factors(source, known)
    check_others(source, factors)
    design = read_design(source, factors, known)
    search = None
    if searched := read_search(source, design):
        search, cells = searched
        check_named(source, cells[0].config.stage1.dataset, check_dataset)
        grid_cells, missing = len(cells), tuple[str, ...]()
    else:
        grid_cells, cells, missing = expand(source, design, check_dataset, available=changes.available)
    return without_datasets(
        Sweep(
            name="",
            description=source.data["description"].strip(),
            base=design.base,
            factors=tuple(factors.values()),
            baseline=design.baseline,
            answers=read_answers(source),
            margins=read_margins(source),
            grid_cells=grid_cells,
            cells=cells,
            belief=read_belief(source, known),
            profiles=profile_names(source),
            profile=changes.profile,
            search=search,
        ),
        missing,
    )


def parse_set(text: str) -> tuple[str, Any]:
    """Parse the argument of `--set`, such as `epochs=5` or `seed=[0, 1]`; the value is YAML.

    Raises:
        SweepError: it has no key or no value, or the value is not valid YAML.
    """
    key, _, written = text.partition("=")
    if not key.strip() or not written.strip():
        raise SweepError(f"--set {text}: write it as key=value, such as epochs=5 or seed=[0, 1]")
    try:
        return key.strip(), parse_yaml(written, "").data
    except SweepError as error:
        raise SweepError(f"--set {text}{str(error).removeprefix(':1')}") from error


def _override(source: Source, factors: Factors, name: str, value: Any) -> Source:
    origin = f"--set {name}"
    if name in factors:
        levels = value if isinstance(value, list | dict) else [value]
        return source.with_override("factors", name, levels, origin)
    if name == BUDGET and SEARCH in source.data:
        return source.with_override(SEARCH, BUDGET, value, origin)
    if name not in field_names():
        raise SweepError(f"{origin}: {unknown_name('setting', name, field_names())}")
    return source.with_override("base", name, value, origin)


def _named_sweeps() -> dict[str, Path]:
    return {file.stem: file for file in (HOME / "sweeps").glob(f"*{_SUFFIX}")}


def _read_text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise _not_found(file) from error
    except OSError as error:
        raise SweepError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SweepError(f"{file}:{line}: not UTF-8 text") from error


def _not_found(file: Path) -> SweepError:
    missing = ""
    if file.suffix == _SUFFIX or len(file.parts) > 1:
        missing = f"{file}: there is no such file; "
    if missing and file.stem in sweep_names():
        return SweepError(f"{missing}did you mean the named sweep {file.stem!r}?")
    unknown = unknown_name("sweep", file.name.removesuffix(_SUFFIX), sweep_names())
    return SweepError(f"{missing}{unknown}; or give the path of a {_SUFFIX} file")
