"""Where the numbers come from: code, versions, machines, data, cost; and what makes them hard to compare."""

from __future__ import annotations

import json

import pandas as pd

from ncvq_core.metrics import known_metrics
from reports.claims.races import GROWN_BY_HAND, raced_words
from reports.judges import mixed_networks
from reports.read_store import Results
from reports.remembered import once

NOT_RECORDED = "not recorded"
FIELDS = {
    "ncvq_version": "ncvq version",
    "git_commit": "git commit",
    "git_dirty": "uncommitted changes",
    "python_version": "Python",
    "torch_version": "torch",
    "precision": "precision",
    "host": "host",
    "device_name": "device",
    "device": "device slot",
    "threads": "CPU threads",
}
PER_DATASET = {
    "data_checksum": "data checksum",
    "data_notes": "data notes",
    "fcn": "network that judges samples",
}
COMPARABLE = ("ncvq_version", "git_commit", "python_version", "torch_version", "precision", "device_name")
"""Rows that differ in one of these may differ for a reason that is no factor of the sweep."""


def provenance_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Every value of every field of provenance of those cells that left a row in the store.

    Returns:
        One row a field, dataset (empty except for the fields of data) and value: field, dataset, value, trials.
    """
    ran = cells[cells["recorded"]]
    columns = {label: ran[field] for field, label in FIELDS.items() if field in ran}
    parts = [_count(label, values) for label, values in columns.items()]
    parts += [_count(f"package {name}", versions) for name, versions in _package_versions(ran).items()]
    if "dataset" in ran:
        for field, label in PER_DATASET.items():
            for dataset, rows in ran.groupby("dataset", sort=False):
                if field in ran and (field == "data_checksum" or rows[field].notna().any()):
                    parts.append(_count(label, rows[field]).assign(dataset=dataset))
    columns_out = ["field", "dataset", "value", "trials"]
    return pd.concat(parts, ignore_index=True)[columns_out] if parts else pd.DataFrame(columns=columns_out)


@once
def provenance_warnings(results: Results) -> list[str]:
    """One sentence for each thing that makes the done trials hard to compare or to reproduce."""
    table = provenance_table(results.done)
    warnings = []
    if results.race:
        warnings.append(raced_words(results.race))
    if results.race_left:
        warnings.append(GROWN_BY_HAND)
    if results.grown:
        times = "once" if results.grown == 1 else f"{results.grown} times"
        warnings.append(
            f"The sweep grew {times} after its first launch: who looks at p and then adds trials finds differences "
            "that are not there more often than one time in twenty."
        )
    for field in COMPARABLE:
        if field not in results.sweep.factors:
            warnings += _mixed(table, FIELDS[field])
    packages = table.loc[table["field"].str.startswith("package "), "field"].unique()
    for label in packages:
        warnings += _mixed(table, label)
    for dataset, rows in table[table["field"] == "data checksum"].groupby("dataset", sort=False):
        warnings += [f"{dataset}: {text}" for text in _mixed(rows, "data checksum")]
    for dataset, networks in mixed_networks(results.done).items():
        metrics = ", ".join(metric.label for metric in known_metrics() if metric.judged)
        names = ", ".join(networks)
        warnings.append(f"{dataset}: several networks judged the samples ({names}), so these are left out: {metrics}.")
    dirty = table[(table["field"] == FIELDS["git_dirty"]) & (table["value"] == "True")]["trials"].sum()
    if dirty:
        warnings.append(f"{dirty} trials ran with uncommitted changes: their commit does not tell what code ran.")
    return warnings + _noted(results.done)


def _noted(done: pd.DataFrame) -> list[str]:
    """What trials noted about their data, their checkpoints and metrics that are uncertain, one sentence each."""
    if not {"dataset", "data_notes"} <= set(done.columns):
        return []
    notes = done.assign(note=done["data_notes"].str.split("; ")).explode("note").dropna(subset=["note"])
    notes = notes.drop_duplicates(["trial_id", "note"])  # several of its stages may have noted the same
    counts = notes.groupby(["dataset", "note"], sort=False).size().reset_index(name="trials")
    return [
        f"{row.dataset}: {row.note} ({row.trials} {'trial' if row.trials == 1 else 'trials'})."
        for row in counts.itertuples()
    ]


def total_seconds(results: Results) -> float:
    """Computing time of all stages that ended, in seconds; a stage that several trials share counts once.

    The training of a network that judges samples counts once for its dataset.
    """
    total = sum(results.judge_seconds.values())
    for column in [name for name in results.cells.columns if name.endswith("_seconds")]:
        stage_id = f"{column.removesuffix('_seconds')}_id"
        rows = results.cells.dropna(subset=[column])
        rows = rows.drop_duplicates(stage_id) if stage_id in rows else rows
        total += float(rows[column].sum())
    return total


def peak_memory_bytes(results: Results) -> float:
    """The largest peak memory of any stage, in bytes; nan where none is recorded."""
    columns = [name for name in results.cells.columns if name.endswith("_peak_memory_bytes")]
    return float(results.cells[columns].astype(float).max().max()) if columns else float("nan")


def _count(label: str, values: pd.Series[str]) -> pd.DataFrame:
    texts = values.map(lambda value: NOT_RECORDED if pd.isna(value) else _text(value))
    counts = texts.value_counts()
    return pd.DataFrame({"field": label, "dataset": "", "value": counts.index, "trials": counts.to_numpy()})


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _package_versions(ran: pd.DataFrame) -> pd.DataFrame:
    """A column of versions for each package that a trial recorded."""
    if "package_versions" not in ran:
        return pd.DataFrame(index=ran.index)
    recorded = [json.loads(text) if isinstance(text, str) else {} for text in ran["package_versions"]]
    return pd.DataFrame(recorded, index=ran.index)


def _mixed(table: pd.DataFrame, label: str) -> list[str]:
    rows = table[table["field"] == label]
    if len(rows) < 2:
        return []
    values = ", ".join(f"{value} ({trials})" for value, trials in zip(rows["value"], rows["trials"], strict=True))
    return [f"The trials mix values of {label}: {values}."]
