"""The one table of metrics: what each is called, means, and is compared by. Everything else takes it from here.

The columns of the store, the figures, tables and claims of a report, and the table in docs/model.md follow; a metric
that is measured but has no entry is refused. Needs no torch.

METRICS are measured on every trial, FURTHER ones where the setting `metrics` names them.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["lower", "higher"]
Scale = Literal["log", "raw"]

RECONSTRUCTION, REPRESENTATION, CODEBOOK = "Reconstruction", "Representation", "Codebook and losses"
PRIOR, SAMPLES = "Prior", "Samples"
FAMILIES = (RECONSTRUCTION, REPRESENTATION, CODEBOOK, PRIOR, SAMPLES)
"""Headings under which metrics are shown, in this order."""

LOSS_MARGIN, FID_MARGIN, SCORE_MARGIN, ACCURACY_MARGIN = 0.05, 0.10, 0.05, 0.02


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number that a stage is measured by."""

    name: str
    """Its column in the store."""
    stage: str
    """Name of the kind of stage that it measures: a factor of a later one cannot change it."""
    label: str
    """For people, without unit."""
    family: str
    """One of FAMILIES."""
    source: str
    """How it is measured, and where it is defined."""
    unit: str = ""
    """Empty where it has none."""
    better: Direction | None = None
    """Which direction is better; None where levels cannot be ranked by it."""
    scale: Scale = "raw"
    """log: effects are ratios, said in per cent; raw: differences, in the unit of the metric."""
    margin: float | None = None
    """Differences up to it are of no importance: relative with scale log (0.05 is 5 %), else absolute."""
    log_axis: bool = False
    """Drawn on a logarithmic axis when it spans more than a decade."""
    judged: bool = False
    """Measured with the features of a network, so that values of two networks cannot be compared."""
    incomparable: frozenset[str] = frozenset()
    """Factors across whose levels it does not mean the same."""
    instead: tuple[str, ...] = ()
    """Metrics that can be compared across those."""
    measure: Callable[[Any], float | None] | None = None
    """Of a further metric: makes it of the stage's `Measured`; None is a value that is undefined for these data.

    None itself where `ncvq_core/evaluation/NAME.py` has a function of that name.
    """

    @property
    def axis_label(self) -> str:
        """The label with its unit, for an axis or a table head."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    @property
    def direction_note(self) -> str:
        """For example "lower is better"; empty where the metric ranks nothing."""
        return f"{self.better} is better" if self.better else ""


_TOKENIZER = frozenset({"tokenizer"})
_TOKENS = frozenset({"tokenizer", "codebook_size", "downsampled_width", "high_downsampled_width"})
_VIEWS = frozenset({"ssl", "augmentations", "band_augmentations", "projector_width"})
_CODES = frozenset({"codebook_size", "channels"})
_PROBES = ("probe_svm", "probe_knn")

METRICS: tuple[Metric, ...] = (
    Metric(
        name="val_loss", stage="stage1", label="Loss on TEST, with commitment", family=RECONSTRUCTION, better="lower",
        scale="log", margin=LOSS_MARGIN, incomparable=_TOKENIZER, instead=("recon_time",),
        source="recon_time + recon_timefreq + commitment",
    ),
    Metric(
        name="recon_time", stage="stage1", label="Reconstruction MSE, time", family=RECONSTRUCTION, better="lower",
        scale="log", margin=LOSS_MARGIN, source="mean squared error of the scaled series of TEST",
    ),
    Metric(
        name="recon_timefreq", stage="stage1", label="Reconstruction MSE, time-frequency", family=RECONSTRUCTION,
        better="lower", scale="log", margin=LOSS_MARGIN, incomparable=_TOKENIZER, instead=("recon_time",),
        source="mean squared error of the spectrogram of TEST",
    ),
    Metric(
        name="commitment", stage="stage1", label="Commitment loss", family=CODEBOOK, scale="log", margin=LOSS_MARGIN,
        source="mean squared distance of latents from their codes, on TEST (VQ-VAE, arXiv 1711.00937)",
    ),
    Metric(
        name="perplexity", stage="stage1", label="Codebook perplexity", family=CODEBOOK, unit="codes",
        incomparable=frozenset({"codebook_size", "tokenizer"}),
        source="exp(entropy) of the codes used on the whole of TEST",
    ),
    Metric(
        name="codebook_corr", stage="stage1", label="Mean |correlation| of codes", family=CODEBOOK, better="lower",
        incomparable=_CODES, source="mean absolute correlation between codes",
    ),
    Metric(
        name="codebook_cos", stage="stage1", label="Mean |cosine| of codes", family=CODEBOOK, better="lower",
        incomparable=_CODES, source="mean absolute cosine between codes",
    ),
    Metric(
        name="class_separation", stage="stage1", label="Silhouette by class", family=REPRESENTATION, better="higher",
        source="silhouette coefficient of pooled features of TEST by true class (Rousseeuw 1987)",
    ),
    Metric(
        name="probe_svm", stage="stage1", label="Linear SVM accuracy", family=REPRESENTATION, better="higher",
        margin=ACCURACY_MARGIN, source="accuracy on TEST of a linear SVM on average-pooled quantised features",
    ),
    Metric(
        name="probe_knn", stage="stage1", label="5-NN accuracy", family=REPRESENTATION, better="higher",
        margin=ACCURACY_MARGIN, source="accuracy on TEST of 5 nearest neighbours on the same features",
    ),
    Metric(
        name="probe_linear", stage="stage1", label="Logistic regression accuracy", family=REPRESENTATION,
        better="higher", margin=ACCURACY_MARGIN, source="accuracy on TEST of logistic regression on the same features",
    ),
    Metric(
        name="ssl_loss", stage="stage1", label="SSL loss", family=CODEBOOK, log_axis=True, incomparable=_VIEWS,
        instead=_PROBES, source="the method's own loss, mean of the last epoch",
    ),
    Metric(
        name="prior_loss", stage="stage2", label="Prior loss, last epoch", family=PRIOR, unit="nats/token", scale="log",
        margin=LOSS_MARGIN, incomparable=_TOKENS, instead=("fid",),
        source="cross-entropy of masked tokens, mean over the last epoch (MaskGIT, arXiv 2202.04200)",
    ),
    Metric(
        name="validation_prior_loss", stage="stage2", label="Prior loss, validation", family=PRIOR, unit="nats/token",
        scale="log", margin=LOSS_MARGIN, incomparable=_TOKENS, instead=("fid",),
        source="the same on the validation part of TRAIN",
    ),
    Metric(
        name="test_prior_loss", stage="stage2", label="Prior loss on TEST", family=PRIOR, unit="nats/token",
        scale="log", margin=LOSS_MARGIN, incomparable=_TOKENS, instead=("fid",), source="the same on TEST",
    ),
    Metric(
        name="fid", stage="samples", label="Fréchet distance (FID)", family=SAMPLES, better="lower", scale="log",
        margin=FID_MARGIN, log_axis=True, judged=True,
        source="Fréchet distance between the FCN's features of samples and of TEST (arXiv 1706.08500)",
    ),
    Metric(
        name="is_mean", stage="samples", label="Inception score", family=SAMPLES, better="higher", scale="log",
        margin=SCORE_MARGIN, judged=True,
        source="inception score of the samples by the FCN, mean of 10 splits (arXiv 1606.03498)",
    ),
    Metric(
        name="is_std", stage="samples", label="Inception score, sd over splits", family=SAMPLES, judged=True,
        source="its standard deviation over the splits",
    ),
    Metric(
        name="cas", stage="samples", label="Classification accuracy (CAS)", family=SAMPLES, better="higher",
        margin=ACCURACY_MARGIN,
        source="accuracy on TEST of an FCN trained on class-conditional samples (arXiv 1905.10887)",
    ),
    Metric(
        name="psd_distance", stage="samples", label="Distance of power spectra", family=SAMPLES, unit="dB",
        better="lower", log_axis=True,
        source="log-spectral distance between the mean power spectra of samples and of TRAIN",
    ),
    Metric(
        name="psd_distance_augmented", stage="samples", label="Distance of spectra to augmented TRAIN", family=SAMPLES,
        unit="dB", log_axis=True, incomparable=frozenset({"augmentations", "band_augmentations"}),
        instead=("psd_distance",), source="the same to TRAIN's augmented view",
    ),
    Metric(
        name="sample_precision", stage="samples", label="Precision of samples", family=SAMPLES, better="higher",
        judged=True, source="share of samples near TEST, by 3 nearest neighbours (arXiv 1904.06991)",
    ),
    Metric(
        name="sample_recall", stage="samples", label="Recall of samples", family=SAMPLES, better="higher", judged=True,
        source="share of TEST near samples, likewise",
    ),
)  # fmt: skip
"""In the order of their columns."""


def metric_names(*stages: str) -> tuple[str, ...]:
    """Return the names of the metrics of some stages, of all where none is named, in the order of their columns."""
    return tuple(metric.name for metric in METRICS if not stages or metric.stage in stages)


_OWN_FURTHER = (
    Metric(
        name="discriminative_score", stage="samples", label="Discriminative score", family=SAMPLES, better="lower",
        margin=ACCURACY_MARGIN,
        source="distance from ½ of the accuracy of a GRU that tells samples from TEST, on a part of both that is held "
        "out (TimeGAN, Yoon et al., NeurIPS 2019)",
    ),
    Metric(
        name="predictive_score", stage="samples", label="Predictive score", family=SAMPLES, better="lower", scale="log",
        margin=LOSS_MARGIN,
        source="mean absolute error on TEST of a GRU trained on samples to say the next point, in standard deviations "
        "of TRAIN (TimeGAN, likewise)",
    ),
    Metric(
        name="context_fid", stage="samples", label="Context-FID", family=SAMPLES, better="lower", scale="log",
        margin=FID_MARGIN, log_axis=True,
        source="Fréchet distance between samples and TEST in features that an encoder learnt on TRAIN without labels "
        "(PSA-GAN, Jeha et al., ICLR 2022)",
    ),
)  # fmt: skip

FURTHER: dict[str, Metric] = {metric.name: metric for metric in _OWN_FURTHER}
"""By name: measured where the setting `metrics` names them. `ncvq_core.further_metrics` adds those of plugins."""
RECALLED: dict[str, Metric] = {}
"""By name: those of plugins that are not loaded, as a store describes them; they can be shown, and not measured."""


def known_metrics() -> tuple[Metric, ...]:
    """Return all entries: those that every trial has, then the further ones."""
    return (*METRICS, *{**RECALLED, **FURTHER}.values())


def metrics_by_name() -> dict[str, Metric]:
    """Return all entries by name."""
    return {metric.name: metric for metric in known_metrics()}


def as_records(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return some entries as plain JSON values, without what measures them; `recall` reads them back."""
    known = metrics_by_name()
    fields = [field.name for field in dataclasses.fields(Metric) if field.name != "measure"]
    return [{field: _plain(getattr(known[name], field)) for field in fields} for name in names]


def recall(records: Iterable[Mapping[str, Any]]) -> None:
    """Make metrics known as `as_records` described them, so that they can be shown where their plugin is not loaded.

    What another version of ncvq says of them beside that is left out.
    """
    fields = {field.name for field in dataclasses.fields(Metric)}
    for record in records:
        known = {field: value for field, value in record.items() if field in fields}
        sets = {"incomparable": frozenset(record.get("incomparable", ())), "instead": tuple(record.get("instead", ()))}
        RECALLED[record["name"]] = Metric(**{**known, **sets})


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value
