"""The metrics that a report knows, in the order in which it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Direction = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One column of the trials table."""

    name: str
    """The column in the store."""
    label: str
    """What an axis says, without unit."""
    family: str
    """The heading under which the metric is shown."""
    unit: str = ""
    """Empty where the metric has none."""
    better: Direction | None = None
    """Which direction is better; None where levels cannot be ranked by it."""
    log: bool = False
    """Drawn on a logarithmic axis when it spans more than a decade."""
    judged: bool = False
    """Measured with the features of a network, so that values of two networks cannot be compared."""

    @property
    def stage(self) -> str:
        """The stage that it measures: a factor of a later one cannot change it."""
        return STAGE_OF_FAMILY.get(self.family, "samples")

    @property
    def axis_label(self) -> str:
        """The label with its unit, for an axis or a table head."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    @property
    def direction_note(self) -> str:
        """For example "lower is better"; empty where the metric ranks nothing."""
        return f"{self.better} is better" if self.better else ""


RECONSTRUCTION = "Reconstruction"
REPRESENTATION = "Representation"
CODEBOOK = "Codebook and losses"
PRIOR = "Prior"
SAMPLES = "Samples"

STAGE_OF_FAMILY = {RECONSTRUCTION: "stage1", REPRESENTATION: "stage1", CODEBOOK: "stage1", PRIOR: "stage2"}

METRICS: tuple[Metric, ...] = (
    Metric(name="recon_time", label="Reconstruction MSE, time", family=RECONSTRUCTION, better="lower"),
    Metric(name="recon_timefreq", label="Reconstruction MSE, time-frequency", family=RECONSTRUCTION, better="lower"),
    Metric(name="val_loss", label="Loss on TEST, with commitment", family=RECONSTRUCTION, better="lower"),
    Metric(name="probe_svm", label="Linear SVM accuracy", family=REPRESENTATION, better="higher"),
    Metric(name="probe_knn", label="5-NN accuracy", family=REPRESENTATION, better="higher"),
    Metric(name="probe_linear", label="Logistic regression accuracy", family=REPRESENTATION, better="higher"),
    Metric(name="class_separation", label="Silhouette by class", family=REPRESENTATION, better="higher"),
    Metric(name="perplexity", label="Codebook perplexity", family=CODEBOOK, unit="codes"),
    Metric(name="codebook_corr", label="Mean |correlation| of codes", family=CODEBOOK, better="lower"),
    Metric(name="codebook_cos", label="Mean |cosine| of codes", family=CODEBOOK, better="lower"),
    Metric(name="commitment", label="Commitment loss", family=CODEBOOK),
    Metric(name="ssl_loss", label="SSL loss", family=CODEBOOK, log=True),
    Metric(name="prior_loss", label="Prior loss, last epoch", family=PRIOR, unit="nats/token"),
    Metric(name="validation_prior_loss", label="Prior loss, validation", family=PRIOR, unit="nats/token"),
    Metric(name="test_prior_loss", label="Prior loss on TEST", family=PRIOR, unit="nats/token"),
    Metric(name="fid", label="Fréchet distance (FID)", family=SAMPLES, better="lower", log=True, judged=True),
    Metric(name="is_mean", label="Inception score", family=SAMPLES, better="higher", judged=True),
    Metric(name="is_std", label="Inception score, sd over splits", family=SAMPLES, judged=True),
    Metric(name="cas", label="Classification accuracy (CAS)", family=SAMPLES, better="higher"),
    Metric(name="psd_distance", label="Distance of power spectra", family=SAMPLES, unit="dB", better="lower", log=True),
    Metric(
        name="psd_distance_augmented",
        label="Distance of spectra to augmented TRAIN",
        family=SAMPLES,
        unit="dB",
        log=True,
    ),
    Metric(name="sample_precision", label="Precision of samples", family=SAMPLES, better="higher", judged=True),
    Metric(name="sample_recall", label="Recall of samples", family=SAMPLES, better="higher", judged=True),
)


def metrics_with_data(trials: pd.DataFrame) -> list[Metric]:
    """The metrics for which at least one row of trials holds a finite number, in the order of METRICS."""
    return [metric for metric in METRICS if finite_values(trials, metric.name).notna().any()]


def finite_values(trials: pd.DataFrame, column: str) -> pd.Series[float]:
    """A column as floats with everything that is not a finite number missing; all missing where it is absent."""
    if column not in trials:
        return pd.Series(np.nan, index=trials.index, dtype=float)
    values = pd.to_numeric(trials[column], errors="coerce").astype(float)
    return values.where(np.isfinite(values))
