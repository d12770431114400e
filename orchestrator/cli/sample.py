"""Series drawn from a finished trial's prior, as a Parquet file."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.errors import ConfigError, DataError, unknown_name
from ncvq_core.prior.series_sampler import BATCH, Generator, load_generator
from ncvq_core.training.precision import exact_float32, has_bfloat16
from orchestrator.execution.models import open_model
from orchestrator.launching.rows import kept_config
from orchestrator.store import Store
from orchestrator.store.atomic import write_atomically
from orchestrator.store.errors import StoreError
from orchestrator.store.status import Status

MADE_BY = b"ncvq_sample"
"""Key of the file's metadata: what the series were drawn from and how, as JSON."""

SUFFIX = ".parquet"

AT_ONCE = 16 * BATCH
"""Series in memory: a multiple of the generator's batch, so that the parts are the series drawn at once."""


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What to draw."""

    count: int = 100
    label: str | None = None
    """Class of the series, as the data has it; None draws series of no class."""
    seed: int = 0
    guidance_scale: float | None = None
    """None: that of the trial."""


def write_samples(store: Store, trial: str, options: SampleOptions, out: Path, data_dir: Path | None) -> None:
    """Draw series and write them as a table with the columns `sample`, `class` and one `channel_I` a channel.

    Args:
        store: holds the trial.
        trial: its id, or the first digits of it.
        options: what to draw; equal options give equal series on one machine.
        out: file to write, in one step; a file that `ncvq sample` wrote earlier is replaced.
        data_dir: local archive of datasets.

    Raises:
        StoreError: no such trial, damaged weights, or `out` is something else and would be lost, or cannot be there.
        ConfigError: the trial has no prior, the data no such class, or a guidance scale is given without a class.
        DataError: the dataset is missing, or no longer the one that the trial was trained on.
        CheckpointError: the trial's weights do not fit its config or the dataset.
    """
    if options.guidance_scale is not None and options.label is None:
        raise ConfigError("--guidance-scale weighs the class of the series: give one with --class")
    _check_file(out)
    row = store.find_trial(trial)
    config = _config(row, options)
    dataset = load_dataset(config.stage1.dataset, data_dir)
    if dataset.checksum() != row["data_checksum"]:
        raise DataError(f"{dataset.name}: the files have changed since trial {row['trial_id']} was trained on them")
    options = dataclasses.replace(options, label=_class_name(dataset, options.label))
    generator = _load(store, config, dataset)
    labels = _labels(generator, dataset, options)
    used = {"guidance_scale": generator.sampling.guidance_scale}
    origin = {"trial_id": row["trial_id"], **dataclasses.asdict(options), **used}
    schema = _schema(dataset.channels, origin, generator.tokenizer.scaling)

    def write(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema) as writer:
            for part in _tables(generator, labels, options, schema):
                writer.write_table(part)

    write_atomically(out, write)


def _tables(generator: Generator, labels: Tensor, options: SampleOptions, schema: pa.Schema) -> Iterator[pa.Table]:
    """Draw the series in parts, each a table."""
    draws = torch.Generator().manual_seed(options.seed)
    first = 0
    for part in torch.split(labels, AT_ONCE):
        yield samples_table(generator.sample(part, draws), options.label, first, schema)
        first += len(part)


def samples_table(series: Tensor, label: str | None, first: int, schema: pa.Schema) -> pa.Table:
    """Return series (n, C, L), numbered from `first`, as a table with one row a series."""
    count, channels, length = series.shape
    kept = torch.float64 if series.dtype == torch.float64 else torch.float32
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * length)
    columns = [
        pa.array(np.arange(first, first + count)),
        pa.repeat(pa.scalar(label, pa.string()), count),
        *(
            pa.ListArray.from_arrays(offsets, pa.array(series[:, channel].to(kept).flatten().numpy()))
            for channel in range(channels)
        ),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _schema(channels: int, origin: dict[str, Any], scaling: Scaling | None = None) -> pa.Schema:
    value = pa.float64() if scaling and scaling.wide else pa.float32()
    values = [(f"channel_{channel}", pa.list_(value)) for channel in range(channels)]
    fields = [("sample", pa.int64()), ("class", pa.string()), *values]
    return pa.schema(fields, metadata={MADE_BY: json.dumps(origin)})


def _config(row: dict[str, Any], options: SampleOptions) -> TrialConfig:
    trial_id = row["trial_id"]
    config = kept_config(row)
    if config.stage1_id != row["stage1_id"]:
        raise ConfigError(f"trial {trial_id}: made with another version of its plugin, or by another version of ncvq")
    if config.sampling is None:
        raise ConfigError(f"trial {trial_id} has no prior to sample from: its sweep stops at stage 1 (see stages: 2)")
    if row["status"] != Status.DONE:
        raise StoreError(f"trial {trial_id} is {row['status']}, not done: {row['error']}")
    if options.guidance_scale is None:
        return config
    sampling = dataclasses.replace(config.sampling, guidance_scale=options.guidance_scale)
    return dataclasses.replace(config, sampling=sampling)


def _load(store: Store, config: TrialConfig, dataset: Dataset) -> Generator:
    assert config.stage2_id is not None
    exact_float32()
    tokenizer, prior = (open_model(store, stage_id).tensors for stage_id in (config.stage1_id, config.stage2_id))
    if not has_bfloat16(torch.device("cpu")):
        config = dataclasses.replace(config, stage1=dataclasses.replace(config.stage1, precision="fp32"))
    return load_generator(config, dataset, tokenizer, prior)


def _labels(generator: Generator, dataset: Dataset, options: SampleOptions) -> Tensor:
    if options.label is None:
        return generator.unconditional(options.count)
    return torch.full((options.count,), dataset.classes.index(options.label))


def _class_name(dataset: Dataset, label: str | None) -> str | None:
    """Return a class's name as the data has it, `1.0` standing for `1`."""
    index = None if label is None else dataset.class_index(label)
    if label is not None and index is None:
        raise unknown_name(f"class of {dataset.name}", label, dataset.classes)
    return None if index is None else dataset.classes[index]


def _check_file(out: Path) -> None:
    if out.is_dir():
        raise StoreError(f"--out {out}: is a folder; name a file in it, such as {out / 'samples.parquet'}")
    if out.suffix != SUFFIX:
        raise StoreError(f"--out {out}: series are written as Parquet; name the file {out.with_suffix(SUFFIX)}")
    if not out.parent.is_dir():
        raise StoreError(f"--out {out}: there is no folder {out.parent}; make it, or name another file")
    if not out.exists():
        return
    try:
        ours = MADE_BY in (pq.read_schema(out).metadata or {})
    except (pa.ArrowException, OSError):
        ours = False
    if not ours:
        raise StoreError(f"{out}: exists and was not written by `ncvq sample`; name another file with --out")
