"""What a store keeps beside the rows of trials: how long judges were trained, and what kind of data datasets are."""

from __future__ import annotations

import pandas as pd

from orchestrator.store import Store
from orchestrator.store.datasets import Properties, properties_by_name, sound_properties


def judge_seconds(store: Store, judges: set[str]) -> dict[str, float]:
    """The training of those networks that is a stage of the store: no trial's row holds it, because trials share it."""
    seconds = {}
    for stage_id in store.stage_ids() if judges else ():
        record = store.read_stage(stage_id)
        name = record.details.get("fcn")
        if name in judges and "fcn_accuracy" in record.metrics:
            seconds[name] = float(record.timings["seconds"])
    return seconds


def properties_of(store: Store, cells: pd.DataFrame) -> dict[str, Properties]:
    """The properties of the data of all trials, by checksum; by name where no trial knows its data."""
    checksums = cells["data_checksum"].dropna().unique() if "data_checksum" in cells else ()
    if not len(checksums):
        return properties_by_name(store.path)
    found = {checksum: sound_properties(store.path, checksum) for checksum in map(str, checksums)}
    return {checksum: properties for checksum, properties in found.items() if properties is not None}
