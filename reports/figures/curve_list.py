"""What the history holds by epoch: for each column its label, how it is compared, and across what it means the same."""

from __future__ import annotations

from dataclasses import dataclass

from ncvq_core.metrics import metrics_by_name
from orchestrator.store.schema import HISTORY_TABLE
from orchestrator.store.stages import OWN_STAGES
from reports.relevance import STAGE1
from reports.statistics.specification import Scale

VALIDATION = "validation_"
_OF_VIEWS = frozenset({"augmentations", "band_augmentations"})
_OF_LOSS = _OF_VIEWS | {"ssl", "ssl_weight", "aug_recon_weight", "projector_width", "tokenizer"}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One column of the history."""

    column: str
    """Its name."""
    stage: str
    """The stage that it is of."""
    label: str
    """For people."""
    unit: str = ""
    """Empty where it has none."""
    scale: Scale = "log"
    """log: differences are said in per cent."""
    incomparable: frozenset[str] = frozenset()
    """Factors across whose levels it does not mean the same."""
    noisy: bool = False
    """Drawn as a running mean over a share of the epochs."""

    @property
    def name(self) -> str:
        """Of its figure."""
        return f"{self.stage}_{self.column}"


_OWN = {
    "loss": Curve(column="loss", stage=STAGE1, label="Training loss", incomparable=_OF_LOSS),
    "aug_recon_time": Curve(
        column="aug_recon_time", stage=STAGE1, label="Reconstruction MSE of augmented series, time",
        incomparable=_OF_VIEWS,
    ),
    "aug_recon_timefreq": Curve(
        column="aug_recon_timefreq", stage=STAGE1, label="Reconstruction MSE of augmented series, time-frequency",
        incomparable=_OF_VIEWS | {"tokenizer"},
    ),
}  # fmt: skip
"""Those that are no metric."""
_STAGE_OF = {column: kind.name for kind in OWN_STAGES for column in kind.history}
NO_CURVE = ("trial_id", "stage", "epoch", "learning_rate")


def curves() -> list[Curve]:
    """Every curve that the store can hold."""
    return [curve_named(name) for name in HISTORY_TABLE.names if name not in NO_CURVE]


def curve_named(column: str) -> Curve:
    """The curve of a column of the history that has one."""
    if column in _OWN:
        return _OWN[column]
    metrics = metrics_by_name()
    metric = metrics[column if column in metrics else column.removeprefix(VALIDATION)]
    on = " on the validation part" if column != metric.name else " in training" if metric.stage == STAGE1 else ""
    return Curve(
        column=column,
        stage=_STAGE_OF[column],
        label=metric.label.replace(" on TEST", "").replace(", last epoch", " in training") + on,
        unit=metric.unit,
        scale=metric.scale,
        incomparable=metric.incomparable,
        noisy=column == "prior_loss",
    )
