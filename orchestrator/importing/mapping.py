"""A mapping: which column of another tool's table is which factor or metric of ncvq."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ncvq_core.errors import unknown_name
from orchestrator.importing.mapping_parts import (
    FactorColumn,
    KindRule,
    only,
    read_baseline,
    read_factor,
    read_history,
    read_kind,
    read_metrics,
)
from orchestrator.importing.table import ImportingError
from orchestrator.sweepfile.metrics import read_answers, read_margins
from orchestrator.sweepfile.sweep import SweepError
from orchestrator.sweepfile.yaml_lines import Source, parse_yaml

SHIPPED = Path(__file__).parent / "mappings"
_SUFFIX = ".yaml"

_KEYS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "sweep": (str, "the name of the sweep that the rows become"),
    "description": (str, "text"),
    "run": (str, "the column that tells runs apart"),
    "kind": ((str, dict), "the column that says which of the entries of metrics a run has, or such a column for each"),
    "factors": (dict, "a mapping from settings to columns"),
    "baseline": (dict, "a mapping from factors to levels"),
    "answers": (list, "a list of metrics"),
    "margins": (dict, "a mapping from metrics to margins"),
    "metrics": (dict, "a mapping from metrics to columns, or with `kind` from kinds to such mappings"),
    "history": (dict, "a mapping from stages to mappings from columns of the history to columns"),
}
_NEEDED = ("sweep", "run", "factors", "metrics")
_OF_ROWS = ("run", "kind", "factors", "metrics", "history")


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
    kind: KindRule | None
    """How it is told what a run measured; None where all measured the same."""
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
    history: dict[str, dict[str, str]]
    """By stage, the column of each column of our history, `epoch` among them; empty where there is none."""

    def kind_of(self, values: dict[str, Any]) -> str | None:
        """Return what a run measured; None without kinds, and where it is of none."""
        return self.kind.kind_of(values) if self.kind else None

    def columns(self, kinds: Collection[str | None]) -> list[str]:
        """Return all columns that a table with runs of some kinds must have."""
        return [column for _, column in self._columns(kinds)]

    def problem(self, columns: Collection[str], kinds: Collection[str | None]) -> SweepError | None:
        """Say what keeps the mapping from fitting a table: a column that no run has, or a kind that none is of.

        Args:
            columns: all that any run has.
            kinds: of its runs. Where a kind is known by a column, the table may lack all but one of them.

        Returns:
            The error, which names the mapping's line and the nearest column; None where it fits.
        """
        for path, column in self._columns(kinds):
            if column not in columns:
                return self.source.error(str(unknown_name("column", column, columns)), *path)
        for kind in self.metrics if self.kind and self.kind.column else ():
            if kind not in kinds:
                found = [value for value in kinds if value]
                return self.source.error(
                    str(unknown_name(f"value of {self.kind and self.kind.column}", kind, found)), "metrics", kind
                )
        return None

    @property
    def digest(self) -> str:
        """Return what tells apart mappings that make different rows of a run."""
        return digest_of([self.source.data.get(key) for key in _OF_ROWS])

    def _columns(self, kinds: Collection[str | None]) -> list[tuple[tuple[Any, ...], str]]:
        """All columns that a table must have, each with its place in the mapping."""
        rule = self.kind
        here = [kind for kind in self.metrics if not (rule and rule.having) or kind in kinds]
        of_kind = rule.columns() if rule and (rule.column or not here) else []
        factors = [(factor.path, factor.column) for factor in self.factors if factor.column]
        named = [(("run",), self.run), *of_kind, *factors]
        for kind in here:
            above = ("metrics", kind) if rule else ("metrics",)
            named += [((*above, metric), column) for metric, column in self.metrics[kind].items()]
        for stage, columns in self.history.items():
            named += [(("history", stage, name), column) for name, column in columns.items()]
        return named


def digest_of(value: Any) -> str:
    """Return 12 hex digits of SHA-256 over a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


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
    return Mapping(
        source=source,
        sweep=_name(source),
        description=data.get("description", "").strip(),
        run=data["run"],
        kind=read_kind(source),
        factors=tuple(read_factor(source, name, written) for name, written in data["factors"].items()),
        baseline=read_baseline(source),
        answers=read_answers(source),
        margins=read_margins(source),
        metrics=read_metrics(source),
        history=read_history(source),
    )


def _check_keys(source: Source) -> None:
    if not isinstance(source.data, dict):
        raise source.error(f"must be a mapping with the keys {', '.join(_KEYS)}")
    only(source, source.data, _KEYS, ())
    for key, value in source.data.items():
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
