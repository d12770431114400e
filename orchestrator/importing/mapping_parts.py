"""The parts of a mapping: factors, kinds, metrics and the history, each read from its section of the file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ncvq_core.errors import unknown_name
from ncvq_core.metrics import metric_names
from orchestrator.store.schema import SETTINGS
from orchestrator.store.stages import OWN_NAMES, OWN_STAGES
from orchestrator.sweepfile.yaml_lines import Source

EPOCH = "epoch"


@dataclass(frozen=True, kw_only=True)
class FactorColumn:
    """Where the levels of a factor are."""

    name: str
    """The factor: a setting of ncvq."""
    column: str
    """Of the other table; empty where all runs have the same level."""
    fixed: Any = None
    """That level; None where a column says it."""
    levels: dict[str, Any]
    """The level that each of its words means, as the file writes both; empty where they are levels as they are."""
    path: tuple[Any, ...]
    """Of the column in the mapping."""


@dataclass(frozen=True, kw_only=True)
class KindRule:
    """How it is told what a run measured."""

    column: str = ""
    """The column whose words are the kinds; empty where they are told by what a run has."""
    having: dict[str, str]
    """By kind, the column in which its runs have a value, and others have none; empty where one column says it."""

    def kind_of(self, values: Mapping[str, Any]) -> str | None:
        """Return the kind of a run by its values: None where it has none of these columns."""
        if self.column:
            return values.get(self.column)
        return next((kind for kind, column in self.having.items() if values.get(column) not in (None, "")), None)

    def columns(self) -> list[tuple[tuple[Any, ...], str]]:
        """Return the columns by which it is told, each with its place in the mapping."""
        if self.column:
            return [(("kind",), self.column)]
        return [(("kind", kind), column) for kind, column in self.having.items()]


def read_factor(source: Source, name: Any, written: Any) -> FactorColumn:
    """Read an entry of factors.

    Raises:
        SweepError: it is no setting, or does not say where its levels are.
    """
    if name not in SETTINGS:
        raise source.error(str(unknown_name("factor", name, SETTINGS)), "factors", name)
    if name == "seed":
        raise source.error("seed is no factor of imported runs: theirs share nothing with ours", "factors", name)
    path: tuple[Any, ...] = ("factors", name)
    if isinstance(written, str):
        return FactorColumn(name=name, column=written, levels={}, path=path)
    if isinstance(written, dict) and not isinstance(written.get("value", {}), dict | list):
        only(source, written, ("value",), path)
        return FactorColumn(name=name, column="", fixed=written["value"], levels={}, path=(*path, "value"))
    if not isinstance(written, dict) or not isinstance(written.get("column"), str):
        raise source.error(
            f"{name} = {written!r}: must be a column, or a mapping with column and levels, or with value", *path
        )
    only(source, written, ("column", "levels"), path)
    levels = written.get("levels", {})
    if not isinstance(levels, dict):
        raise source.error(f"levels = {levels!r}: must be a mapping from words of the table to levels", *path, "levels")
    return FactorColumn(
        name=name,
        column=written["column"],
        levels={str(word): level for word, level in levels.items()},
        path=(*path, "column"),
    )


def read_kind(source: Source) -> KindRule | None:
    """Read kind; None where there is none.

    Raises:
        SweepError: it names kinds that are not those of metrics, or no column.
    """
    written = source.data.get("kind")
    if not isinstance(written, dict):
        return None if written is None else KindRule(column=written, having={})
    for kind, column in written.items():
        if kind not in source.data["metrics"]:
            raise source.error(str(unknown_name("kind of metrics", kind, source.data["metrics"])), "kind", kind)
        if not isinstance(column, str):
            raise source.error(f"{kind} = {column!r}: must be the name of a column", "kind", kind)
    for kind in source.data["metrics"]:
        if kind not in written:
            raise source.error(f"{kind} is not in kind, which says by which column its runs are known", "metrics", kind)
    return KindRule(having=dict(written))


def read_metrics(source: Source) -> dict[str | None, dict[str, str]]:
    """Read the column of each metric, by kind.

    Raises:
        SweepError: a metric or its column is none.
    """
    written = source.data["metrics"]
    if "kind" not in source.data:
        return {None: _columns_of(source, written, ("metrics",), metric_names(), "metric")}
    return {
        str(kind): _columns_of(source, columns, ("metrics", kind), metric_names(), "metric")
        for kind, columns in written.items()
    }


def read_history(source: Source) -> dict[str, dict[str, str]]:
    """Read the column of what each epoch has, by stage, that of the epoch among them.

    Raises:
        SweepError: a stage or a column is none, or the epoch is not among them.
    """
    held = {}
    for stage, columns in source.data.get("history", {}).items():
        if stage not in OWN_NAMES:
            raise source.error(str(unknown_name("stage", stage, OWN_NAMES)), "history", stage)
        known = next(kind.history for kind in OWN_STAGES if kind.name == stage)
        held[stage] = _columns_of(source, columns, ("history", stage), (EPOCH, *known), "history column")
        if EPOCH not in columns:
            raise source.error(f"{EPOCH} is missing: it is the column that counts epochs", "history", stage)
    return held


def read_baseline(source: Source) -> dict[str, Any]:
    """Read the baseline.

    Raises:
        SweepError: it is of something that is no factor of the mapping.
    """
    baseline: dict[str, Any] = source.data.get("baseline", {})
    for name in baseline:
        if name not in source.data["factors"]:
            raise source.error(str(unknown_name("factor", name, source.data["factors"])), "baseline", name)
    return baseline


def only(source: Source, written: dict[Any, Any], valid: Collection[str], path: tuple[Any, ...]) -> None:
    """Refuse keys that are not known.

    Raises:
        SweepError: there is one; the line lists the known ones, the nearest first.
    """
    for key in written:
        if key not in valid:
            raise source.error(str(unknown_name("key", key, valid)), *path, key)


def _columns_of(
    source: Source, columns: Any, path: tuple[Any, ...], valid: Collection[str], what: str
) -> dict[str, str]:
    if not isinstance(columns, dict) or not columns:
        raise source.error(f"{columns!r}: must be a mapping from {what}s to columns", *path)
    for name, column in columns.items():
        if name not in valid:
            raise source.error(str(unknown_name(what, name, valid)), *path, name)
        if not isinstance(column, str):
            raise source.error(f"{name} = {column!r}: must be the name of a column", *path, name)
    return dict(columns)
