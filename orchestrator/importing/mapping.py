"""A mapping: which column of another tool's table is which factor or metric of ncvq."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ncvq_core.errors import unknown_name
from ncvq_core.metrics import metric_names
from orchestrator.importing.table import ImportingError, Table
from orchestrator.store.schema import SETTINGS
from orchestrator.sweepfile.metrics import read_answers, read_margins
from orchestrator.sweepfile.yaml_lines import Source, parse_yaml

SHIPPED = Path(__file__).parent / "mappings"
_SUFFIX = ".yaml"

_KEYS: dict[str, tuple[type, str]] = {
    "sweep": (str, "the name of the sweep that the rows become"),
    "description": (str, "text"),
    "run": (str, "the column that tells runs apart"),
    "kind": (str, "the column that says which of the entries of metrics a run has"),
    "factors": (dict, "a mapping from settings to columns"),
    "baseline": (dict, "a mapping from factors to levels"),
    "answers": (list, "a list of metrics"),
    "margins": (dict, "a mapping from metrics to margins"),
    "metrics": (dict, "a mapping from metrics to columns, or with `kind` from kinds to such mappings"),
}
_NEEDED = ("sweep", "run", "factors", "metrics")


@dataclass(frozen=True, kw_only=True)
class FactorColumn:
    """Where the levels of a factor are."""

    name: str
    """The factor: a setting of ncvq."""
    column: str
    """Of the other table."""
    levels: dict[str, Any]
    """The level that each of its words means, as the file writes both; empty where they are levels as they are."""
    path: tuple[Any, ...]
    """Of the column in the mapping."""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A mapping that was read and makes sense in itself; whether the columns exist, a table says."""

    source: Source
    """The file, for errors."""
    sweep: str
    """The name that the sweep gets, unless the command line says another."""
    description: str
    """Empty where the file has none."""
    run: str
    """The column of the run's own id."""
    kind: str | None
    """The column that tells what a run measured; None where all measured the same."""
    factors: tuple[FactorColumn, ...]
    """In the order of the file."""
    baseline: dict[str, Any]
    """As the file writes it, in ncvq's words."""
    answers: tuple[str, ...]
    """As in a sweep file."""
    margins: dict[str, float]
    """As in a sweep file."""
    metrics: dict[str | None, dict[str, str]]
    """By kind (None: without), the column of each metric."""

    def check(self, table: Table) -> None:
        """Check that a table has the columns, and some run of each kind.

        Raises:
            SweepError: it has not; the line names the mapping's line, and the nearest column.
        """
        for path, column in self._columns():
            if column not in table.columns:
                raise self.source.error(str(unknown_name("column", column, table.columns)), *path)
        kinds = {row.values[self.kind] for row in table.rows} if self.kind else set()
        for kind in self.metrics if self.kind else ():
            if kind not in kinds:
                found = [value for value in kinds if value]
                raise self.source.error(str(unknown_name(f"value of {self.kind}", kind, found)), "metrics", kind)

    def _columns(self) -> list[tuple[tuple[Any, ...], str]]:
        named = [(("run",), self.run), *([(("kind",), self.kind)] if self.kind else [])]
        named += [(factor.path, factor.column) for factor in self.factors]
        for kind, columns in self.metrics.items():
            above = ("metrics", kind) if self.kind else ("metrics",)
            named += [((*above, metric), column) for metric, column in columns.items()]
        return named


def shipped_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob(f"*{_SUFFIX}")))


def read_mapping(name_or_path: str) -> Mapping:
    """Read and check a mapping.

    Args:
        name_or_path: one that comes with the package, or the path of a YAML file.

    Raises:
        ImportingError: there is no such file.
        SweepError: one line with the file and the line that is wrong.
    """
    known = name_or_path in shipped_mappings()
    path = SHIPPED / f"{name_or_path}{_SUFFIX}" if known else Path(name_or_path)
    if not path.is_file():
        raise ImportingError(
            f"no mapping {name_or_path!r}: give a YAML file, or one of {', '.join(shipped_mappings())}"
        )
    try:
        source = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ImportingError(f"{path}: not text in UTF-8 ({error.reason} at byte {error.start})") from error
    _check_keys(source)
    data = source.data
    factors = tuple(_factor(source, name, written) for name, written in data["factors"].items())
    return Mapping(
        source=source,
        sweep=_name(source),
        description=data.get("description", "").strip(),
        run=data["run"],
        kind=data.get("kind"),
        factors=factors,
        baseline=_baseline(source),
        answers=read_answers(source),
        margins=read_margins(source),
        metrics=_metrics(source),
    )


def _check_keys(source: Source) -> None:
    if not isinstance(source.data, dict):
        raise source.error(f"must be a mapping with the keys {', '.join(_KEYS)}")
    for key, value in source.data.items():
        if key not in _KEYS:
            raise source.error(str(unknown_name("key", key, _KEYS)), key)
        kind, words = _KEYS[key]
        if not isinstance(value, kind) or not value:
            raise source.error(f"{key} = {value!r}: must be {words}", key)
    for key in _NEEDED:
        if key not in source.data:
            raise source.error(f"{key} is missing: it is {_KEYS[key][1]}")
    if "dataset" not in source.data["factors"]:
        raise source.error("factors has no dataset: say which column it is in", "factors")


def _name(source: Source) -> str:
    name: str = source.data["sweep"]
    if problem := bad_sweep_name(name):
        raise source.error(problem, "sweep")
    return name


def bad_sweep_name(name: str) -> str | None:
    """Say what is wrong with the name of a sweep; None where nothing is."""
    if name.replace("-", "").replace("_", "").isalnum() and not name.startswith("-"):
        return None
    return f"sweep = {name!r}: must be letters, digits, - and _, because files are called after it"


def _factor(source: Source, name: Any, written: Any) -> FactorColumn:
    if name not in SETTINGS:
        raise source.error(str(unknown_name("factor", name, SETTINGS)), "factors", name)
    if name == "seed":
        raise source.error("seed is no factor of imported runs: theirs share nothing with ours", "factors", name)
    path: tuple[Any, ...] = ("factors", name)
    if isinstance(written, str):
        return FactorColumn(name=name, column=written, levels={}, path=path)
    if not isinstance(written, dict) or not isinstance(written.get("column"), str):
        raise source.error(f"{name} = {written!r}: must be a column, or a mapping with column and levels", *path)
    _only(source, written, ("column", "levels"), path)
    levels = written.get("levels", {})
    if not isinstance(levels, dict):
        raise source.error(f"levels = {levels!r}: must be a mapping from words of the table to levels", *path, "levels")
    return FactorColumn(
        name=name,
        column=written["column"],
        levels={str(word): level for word, level in levels.items()},
        path=(*path, "column"),
    )


def _only(source: Source, written: dict[Any, Any], valid: Collection[str], path: tuple[Any, ...]) -> None:
    for key in written:
        if key not in valid:
            raise source.error(str(unknown_name("key", key, valid)), *path, key)


def _baseline(source: Source) -> dict[str, Any]:
    baseline: dict[str, Any] = source.data.get("baseline", {})
    for name in baseline:
        if name not in source.data["factors"]:
            raise source.error(str(unknown_name("factor", name, source.data["factors"])), "baseline", name)
    return baseline


def _metrics(source: Source) -> dict[str | None, dict[str, str]]:
    written = source.data["metrics"]
    if "kind" not in source.data:
        return {None: _columns_of(source, written, ("metrics",))}
    return {str(kind): _columns_of(source, columns, ("metrics", kind)) for kind, columns in written.items()}


def _columns_of(source: Source, columns: Any, path: tuple[Any, ...]) -> dict[str, str]:
    if not isinstance(columns, dict) or not columns:
        raise source.error(f"{columns!r}: must be a mapping from metrics to columns", *path)
    for metric, column in columns.items():
        if metric not in metric_names():
            raise source.error(str(unknown_name("metric", metric, metric_names())), *path, metric)
        if not isinstance(column, str):
            raise source.error(f"{metric} = {column!r}: must be the name of a column", *path, metric)
    return dict(columns)
