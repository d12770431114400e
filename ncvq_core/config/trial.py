"""What a trial is: its configuration, from which every number of its result follows.

Only what can change a result is here; devices, paths and logging are not. Ids are content addresses: 12 hex digits
of SHA-256 over the canonical form, which leaves out each value that equals its default (so that a field added later
changes no id) and each value that has no effect (so that `ssl: none` is one trial, whatever its augmentations). A
default must therefore never change its value or meaning; where the numbers that a config leads to do change, raise
`RESULTS_VERSION`.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Self

from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.config.tokenizer import Stage1Config, plugins_of, stage1_from_dict, written_stage1
from ncvq_core.errors import ConfigError, unknown_name
from ncvq_core.further_metrics import further_checksum, further_metric
from ncvq_core.settings import written_fields

RESULTS_VERSION = 2

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)

STAGES = "stages"
"""The setting that says how far a trial goes."""

FURTHER = "metrics"
"""The setting that names further metrics."""


@dataclass(frozen=True, kw_only=True)
class TrialConfig:
    """One cell of a sweep: the configs of the stages that it runs.

    `stage2` and `sampling` are both None (stage 1 only) or both there.
    """

    stage1: Stage1Config
    stage2: Stage2Config | None = None
    sampling: SamplingConfig | None = None
    metrics: tuple[str, ...] = ()
    """Further metrics, beside those that every trial has, in the order of their names."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build a trial from flat, written values such as those of a sweep file.

        `stages: 2` adds the prior, its samples and their metrics; without it, settings of the prior are an error.
        `ssl: none` drops the values that have no effect then; with an SSL method, aug_recon_weight defaults to 0.1
        and augmentations must be given.

        Raises:
            ConfigError: an unknown key (the valid ones are listed), a wrong type or a value out of range.
        """
        valid = field_names()
        for key in values:
            if key not in valid:
                raise unknown_name("setting", key, valid, str(key))
        if "dataset" not in values:
            raise ConfigError("dataset is missing: name one in base or make it a factor", "dataset")
        stages = values.get(STAGES, 1)
        if isinstance(stages, bool) or stages not in (1, 2):
            raise ConfigError(f"stages = {stages!r}: must be 1 (tokenizer) or 2 (tokenizer and prior)", STAGES)
        stage1 = stage1_from_dict(_part(values, Stage1Config))
        metrics = _further(values.get(FURTHER, []), stages)
        prior, sampling = _part(values, Stage2Config), _part(values, SamplingConfig)
        if stages == 2:
            stage2, drawn = Stage2Config(**prior), SamplingConfig(**sampling)
            return cls(stage1=stage1, stage2=stage2, sampling=drawn, metrics=metrics)
        for key in [*prior, *sampling]:
            raise ConfigError(f"{key} belongs to the prior: it needs stages: 2", key)
        return cls(stage1=stage1, metrics=metrics)

    def to_dict(self) -> dict[str, Any]:
        """Return all values in written form, flat and complete; `from_dict` reads them back."""
        values = written_stage1(self.stage1, keep_defaults=True)
        if self.metrics:
            values[FURTHER] = list(self.metrics)
        if self.stage2 is None:
            return values
        later = [written_fields(part, keep_defaults=True) for part in (self.stage2, self.sampling)]
        return values | {STAGES: 2} | later[0] | later[1]

    @cached_property
    def stage1_id(self) -> str:
        """Content address of the stage 1 that this trial needs."""
        written = written_stage1(self.stage1, keep_defaults=False)
        return content_id({"stage1": written, **plugins_of(self.stage1), **self._further_of("stage1")})

    @cached_property
    def stage2_id(self) -> str | None:
        """Content address of the trained prior; None without stage 2."""
        if self.stage2 is None:
            return None
        trained = written_fields(self.stage2.as_trained, keep_defaults=False)
        return content_id({"stage2": {"stage1": self.stage1_id, **trained}})

    @cached_property
    def samples_id(self) -> str | None:
        """Content address of the prior's samples and their metrics; None without stage 2."""
        if self.stage2 is None:
            return None
        sampling = written_fields(self.sampling, keep_defaults=False)
        decoded = {} if self.stage2.as_trained == self.stage2 else {"token_embedding": self.stage2.token_embedding}
        return content_id({"samples": {"stage2": self.stage2_id, **decoded, **sampling}, **self._further_of("samples")})

    @cached_property
    def trial_id(self) -> str:
        """Content address of the whole trial."""
        samples = {"samples": self.samples_id} if self.samples_id else {}
        return content_id({"trial": {"stage1": self.stage1_id, **samples}})

    def further(self, stage: str) -> tuple[str, ...]:
        """Return the further metrics of one stage."""
        return tuple(name for name in self.metrics if further_metric(name).stage == stage)

    def _further_of(self, stage: str) -> dict[str, Any]:
        """Return what further metrics add to a stage's canonical form: their names and the checksums of plugins."""
        names = self.further(stage)
        return {FURTHER: {name: further_checksum(name) for name in names}} if names else {}


@cache
def fcn_id(dataset: str) -> str:
    """Content address of the classifier that judges samples of a dataset; a store holds one for each dataset."""
    return content_id({"fcn": {"dataset": dataset}})


@cache
def field_names() -> tuple[str, ...]:
    """Return the names that a sweep file can set."""
    parts: tuple[Any, ...] = (Stage1Config, Stage2Config, SamplingConfig)
    names = [field.name for part in parts for field in dataclasses.fields(part)]
    return (*names, STAGES, FURTHER)


def content_id(canonical: dict[str, Any]) -> str:
    """Return 12 hex digits of SHA-256 over canonical JSON (sorted keys, no spaces)."""
    payload = {"results_version": RESULTS_VERSION, **canonical}
    return hashlib.sha256(_CANONICAL.encode(payload).encode()).hexdigest()[:12]


def _further(written: Any, stages: int) -> tuple[str, ...]:
    """Return further metrics by name, each once.

    Raises:
        ConfigError: no list of names, an unknown one, or one of samples where there are none.
    """
    if not isinstance(written, list | tuple) or not all(isinstance(name, str) for name in written):
        raise ConfigError(f"{FURTHER} = {written!r}: must be a list of further metrics", FURTHER)
    for name in written:
        if further_metric(name).stage == "samples" and stages == 1:
            raise ConfigError(f"{FURTHER}: {name} measures samples: it needs stages: 2", FURTHER)
    return tuple(sorted(set(written)))


def _part(values: dict[str, Any], settings_class: type) -> dict[str, Any]:
    names = _names_of(settings_class)
    return {name: value for name, value in values.items() if name in names}


@cache
def _names_of(settings_class: Any) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(settings_class))
