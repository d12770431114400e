"""Samples of a trained prior, and every number by which they are judged."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.fcn import FEATURES
from ncvq_core.data import Dataset, Series
from ncvq_core.data.labels import listed
from ncvq_core.errors import DivergedError
from ncvq_core.evaluation.cas import cas_training, synthetic_labels
from ncvq_core.evaluation.further import Measured, measure_further
from ncvq_core.evaluation.judge import Judge
from ncvq_core.evaluation.spectra import psd_distance
from ncvq_core.fcn.network import judge_test
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.metrics import metric_names
from ncvq_core.prior.series_sampler import load_generator
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.tokenizer.views import augmented_train
from ncvq_core.training.memory import peak_memory_bytes
from ncvq_core.training.named_tensors import Under
from ncvq_core.training.seeding import stream

SAMPLE_METRICS = metric_names("samples")
SAMPLES, LABELLED_SAMPLES, SAMPLE_LABELS, FID_BY_CLASS = "samples", "labelled_samples", "labels", "fid_by_class"
"""Names of what is left behind: series without a class, series with one, their classes, FID of each class."""


class SamplesRun(StageRun):
    """Draws samples of a trial's prior and measures them.

    As many samples without a class as TEST has series, for FID, IS, precision, recall and spectra; and a synthetic
    training set with classes, for CAS and the FID of each class. Drawing is the first epoch; each of the others is one
    of the classifier that CAS trains.

    TEST is not passed through the STFT and its inverse, as in the study, to give it the samples' length: ncvq's inverse
    returns the length that went in, and TEST up to rounding.

    Args:
        config: a trial with stage 2.
        dataset: the data that the trial names.
        tokenizer: `StageResult.tensors` of the trial's stage 1.
        prior: the same of its stage 2.
        fcn: the same of the classifier that judges.
        device: where to compute; default CPU.

    Raises:
        CheckpointError: tensors of another config, dataset or tokenizer.
        DataError: TEST is a single series.
    """

    def __init__(
        self,
        config: TrialConfig,
        dataset: Dataset,
        tokenizer: Mapping[str, Tensor],
        prior: Mapping[str, Tensor],
        fcn: Mapping[str, Tensor],
        device: torch.device | None = None,
    ) -> None:
        """Load the models."""
        super().__init__(dataset, device)
        self._config = config.stage1
        self._further = config.further("samples")
        self._generator = load_generator(config, dataset, tokenizer, prior, self.device)
        self._judge = Judge(fcn, dataset, self.device)
        self._labels = synthetic_labels(dataset.train_labels, len(dataset.classes))
        self._drawn: tuple[Tensor, Tensor] | None = None
        self.trainer: FcnTrainer | None = None

    @property
    def epoch(self) -> int:
        """1 when samples are drawn, and one more for each epoch of the classifier."""
        return 0 if self.trainer is None else 1 + self.trainer.epoch

    def step(self) -> None:
        """Draw the samples, or do one step of the classifier's training.

        Raises:
            DivergedError: samples are not finite.
        """
        if self.trainer is None:
            self._take_up(
                self._draw("samples without a class", self._generator.unconditional(len(self.dataset.test))),
                self._draw("samples with a class", self._labels),
            )
        else:
            self.trainer.step()

    def result(self) -> StageResult:
        """Read TEST, for the first and only time, and return everything that is worth keeping."""
        assert self._drawn is not None
        samples, labelled = self._drawn
        by_class = self._judge.fid_by_class(labelled, self._labels.numpy())
        metrics = {
            **self._judge.judge(samples),
            "cas": self._accuracy(),
            "psd_distance": self._spectral_distance(samples, self.dataset.train),
            "psd_distance_augmented": self._spectral_distance(samples, self._augmented()) if self._config.ssl else None,
        }
        tensors = {
            SAMPLES: samples,
            LABELLED_SAMPLES: labelled,
            SAMPLE_LABELS: self._labels,
            FID_BY_CLASS: torch.from_numpy(by_class),
        }
        measured = Measured(self.dataset, self._config.seed, samples=samples.clone())  # of which gradients can be made
        return StageResult(
            metrics={name: metrics[name] for name in SAMPLE_METRICS} | measure_further(self._further, measured),
            history=[],
            tensors=tensors,
            peak_memory_bytes=peak_memory_bytes(self.device),
            notes=self.dataset.notes + self._judge.notes(len(samples)) + self._class_notes(by_class),
            details={FID_BY_CLASS: self._named(by_class)},
        )

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""
        if self._drawn is None or self.trainer is None:
            return {}
        cas = {f"cas.{name}": value for name, value in self.trainer.state().items()}
        return {**cas, SAMPLES: self._drawn[0], LABELLED_SAMPLES: self._drawn[1]}

    def _restore(self, state: Mapping[str, Tensor]) -> None:
        if SAMPLES in state:
            self._take_up(state[SAMPLES].clone(), state[LABELLED_SAMPLES].clone()).restore(Under(state, "cas."))

    def _row(self, epoch: int) -> dict[str, float]:
        return {"epoch": epoch + 1}

    def _draw(self, purpose: str, labels: Tensor) -> Tensor:
        samples = self._generator.sample(labels, stream(self._config.seed, purpose, self.device)).cpu()
        if wrong := int((~samples.isfinite()).flatten(1).any(dim=1).sum()):
            raise DivergedError(f"{wrong} of {len(samples)} {purpose} hold values that are not finite")
        return samples

    def _take_up(self, samples: Tensor, labelled: Tensor) -> FcnTrainer:
        self._drawn = samples, labelled
        data = LabelledSeries(self._judge.scaled(labelled), self._labels.numpy())
        self.trainer = FcnTrainer(
            cas_training(self._config.seed, self.device), data, len(self.dataset.classes), self.device
        )
        return self.trainer

    def _accuracy(self) -> float:
        assert self.trainer is not None
        return judge_test(self.trainer.network, self.dataset, self.device, self._judge.scaling).accuracy

    def _spectral_distance(self, samples: Tensor, reference: Series | Tensor) -> float:
        """Compare spectra of scaled series: an offset of the data counts as little as missing values."""
        return psd_distance(self._judge.scaled(samples).cpu(), self._judge.scaled(reference).cpu())

    def _augmented(self) -> Tensor:
        """Return TRAIN's augmented view (n, C, L) in the units of the data."""
        scaling = self._generator.tokenizer.scaling
        return scaling.undo(augmented_train(self._config, self.dataset, scaling, self.device)).cpu()

    def _named(self, by_class: np.ndarray) -> dict[str, float | None]:
        """Return the Fréchet distance of each class by its label, None where it is undefined."""
        values = [None if np.isnan(value) else value for value in by_class.tolist()]
        return dict(zip(self.dataset.classes, values, strict=True))

    def _class_notes(self, by_class: np.ndarray) -> tuple[str, ...]:
        """Name the classes whose Fréchet distance is undefined, or uncertain for want of series."""
        classes = np.array(self.dataset.classes)
        drawn, real = (np.bincount(each, minlength=len(classes)) for each in (self._labels, self.dataset.test_labels))
        undefined = np.isnan(by_class)
        uncertain = ~undefined & (np.minimum(drawn, real) <= FEATURES)
        groups = (
            ("fid undefined for classes with fewer than two series", undefined),
            (f"fid_by_class is ill-conditioned for classes of at most {FEATURES} series", uncertain),
        )
        return tuple(f"{words}: {listed(classes[chosen])}" for words, chosen in groups if any(chosen))
