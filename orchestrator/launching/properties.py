"""Keeps what kind of data the datasets of a sweep are, so that a report can ask where a method helps."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from ncvq_core.data import Dataset
from ncvq_core.data.properties import DatasetProperties, properties_of
from orchestrator.store import Store
from orchestrator.store.datasets import sound_properties, write_properties

NAMES = frozenset(field.name for field in fields(DatasetProperties))


def keep_properties(store: Store, datasets: Iterable[Dataset]) -> None:
    """Measure the datasets whose properties the store lacks, or has damaged or from a version that measured others.

    Raises:
        StoreError: the disk is full.
    """
    for dataset in datasets:
        known = sound_properties(store.path, dataset.checksum())
        if known is None or known.keys() != NAMES:
            write_properties(store.path, dataset.checksum(), dataset.name, asdict(properties_of(dataset)))
