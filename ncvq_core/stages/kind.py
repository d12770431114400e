"""What a stage is to those who plan it, run it, keep it and show it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from ncvq_core.config import TrialConfig
    from ncvq_core.data import Dataset
    from ncvq_core.stages.base import StageRun
    from ncvq_core.stages.cost import Cost


NOTHING: Mapping[str, Any] = {}
"""Where nothing is known yet."""


class Sizes(NamedTuple):
    """What the work of a stage depends on beside its config."""

    train: int
    """Series in TRAIN."""
    test: int
    """Series in TEST."""
    channels: int
    """Of a series."""
    length: int
    """Of a series, in points."""

    @classmethod
    def of(cls, dataset: Dataset) -> Sizes:
        """Return those of a dataset."""
        return cls(len(dataset.train), len(dataset.test), dataset.channels, dataset.length)


class Given(NamedTuple):
    """What a run is built from."""

    config: TrialConfig
    """A trial that has the stage."""
    dataset: Dataset
    """The data that the trial names."""
    needed: Mapping[str, Mapping[str, Tensor]]
    """`StageResult.tensors` of the stages that it needs, by name."""
    device: torch.device | None = None
    """Where to compute; None: on the CPU."""


class Shown(StrEnum):
    """What an example is of. Series are scaled as TRAIN is, spectra are in decibels (`spectral_levels`)."""

    REAL = "real series"
    VIEW = "augmented view"
    GENERATED = "generated series"
    NEIGHBOUR = "nearest real series"
    NEAREST_GENERATED, NEAREST_REAL = "nearest to generated", "nearest to TEST"
    """Values: the distances of some generated series, and of some of TEST, to the nearest of TRAIN."""
    CODE, CODE_AXES = "pooled code", "axes of codes"
    """Two principal components of a series of TEST; values of the axes: their shares of the variance."""
    REAL_FEATURE, GENERATED_FEATURE, FEATURE_AXES = "real feature", "generated feature", "axes of features"
    """The same of the features of the network that judges."""
    REAL_SPECTRUM, AUGMENTED_SPECTRUM, GENERATED_SPECTRUM = "real spectrum", "augmented spectrum", "generated spectrum"


class Example(NamedTuple):
    """A row of what a finished stage keeps so that figures can show it."""

    what: Shown
    values: NDArray[np.floating[Any]]
    """One series, spectrum or point; kept as float32."""
    label: str | None = None
    """The class that it is of; None where it has none."""
    number: int = 0
    """Tells apart those of one kind: a neighbour has the number of the series that it is the nearest to."""
    channel: int = 0
    """Of the series."""
    score: float | None = None
    """What is known of it: of a code its silhouette coefficient, of a neighbour its distance."""


class StageKind(ABC):
    """One kind of stage: what is said of it needs no torch, what it does imports its parts when it is asked for.

    To add one, write a folder with its kind and its run, and name it in `registry.KINDS`. The columns of the store, the
    plan, the workers and the rows of trials follow.
    """

    name: ClassVar[str]
    """By which tasks, columns and the rows of the history call it."""
    words: ClassVar[str]
    """For people."""
    changed: ClassVar[str]
    """What its settings change, as a part of a sentence."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of the stages whose tensors it reads."""
    of_trial: ClassVar[bool] = True
    """Whether it is a trial's own, with columns in the trial's row; False where it belongs to a dataset."""
    own_metrics: ClassVar[tuple[str, ...]] = ()
    """Where it belongs to a dataset: its metrics, by which its record is known; they are no columns of a trial."""
    settings: ClassVar[Mapping[str, type]] = {}
    """Settings that it adds to those of earlier stages, with the types of their columns."""
    history: ClassVar[tuple[str, ...]] = ()
    """Columns of the history that its epochs fill."""
    details: ClassVar[tuple[str, ...]] = ()
    """What it leaves or takes over from the stages that it needs, beside metrics: columns of text in a trial's row."""
    has_examples: ClassVar[bool] = False
    """Whether `examples` returns any."""

    @abstractmethod
    def stage_id(self, config: TrialConfig) -> str | None:
        """Return the content address of a trial's stage of this kind; None where the trial has none."""

    @abstractmethod
    def epochs(self, config: TrialConfig, sizes: Sizes) -> int:
        """Return how many epochs it has, at most."""

    @abstractmethod
    def cost(self, config: TrialConfig, sizes: Sizes) -> Cost:
        """Return what it costs; the seed makes no difference."""

    @abstractmethod
    def build(self, given: Given) -> StageRun:
        """Return its run, at the start.

        Raises:
            CheckpointError: tensors of another config or dataset.
            DataError: the dataset is too small for it.
        """

    def examples(self, given: Given, made: Mapping[str, Tensor], known: Mapping[str, Any] = NOTHING) -> list[Example]:
        """Return what figures can show of a finished stage: a few series, spectra, points. By default nothing.

        Args:
            given: what its run was built from.
            made: `StageResult.tensors` of the run.
            known: `StageResult.known` where the run has just ended; what is not known is worked out.
        """
        return []
