"""Further metrics: those that the setting `metrics` can name, of ncvq and of plugins."""

from typing import get_args

from ncvq_core.errors import ConfigError, unknown_name
from ncvq_core.metrics import FAMILIES, FURTHER, Direction, Metric, Scale, metric_names, metrics_by_name
from ncvq_core.plugins import registering

STAGES = ("stage1", "samples")
"""Stages that further metrics can be of."""

_CHECKSUMS: dict[str, str] = {}
"""Of the plugin of each further metric that is not ncvq's own."""


def register_metric(metric: Metric) -> None:
    """Add a further metric; a plugin calls it while it is loaded.

    Raises:
        ConfigError: the name is taken, the entry says not how it is measured, or it has a word that nobody knows.
    """
    if not callable(metric.measure):
        raise ConfigError(f"metric {metric.name!r}: needs a function `measure`")
    words: dict[str, tuple[str, ...]] = {"stage": STAGES, "family": FAMILIES, "scale": get_args(Scale)}
    if metric.better is not None:
        words["better"] = get_args(Direction)
    for field, valid in words.items():
        if (written := getattr(metric, field)) not in valid:
            raise unknown_name(f"{field} of metric {metric.name}", written, valid)
    for other in metric.instead:
        if other not in (known := metrics_by_name()):
            raise unknown_name(f"metric instead of {metric.name}", other, known)
    taken = [*metric_names(), *FURTHER]
    _CHECKSUMS[metric.name] = registering("metric", metric.name, taken, lambda: _forget(metric.name))
    FURTHER[metric.name] = metric


def further_metric(name: str) -> Metric:
    """Return a further metric.

    Raises:
        ConfigError: there is none of that name; the message lists those that there are.
    """
    if name in metric_names():
        raise ConfigError(f"metrics: {name} is measured on every trial; name further ones alone", "metrics")
    if name not in FURTHER:
        raise unknown_name("further metric", name, FURTHER, "metrics")
    return FURTHER[name]


def further_checksum(name: str) -> str | None:
    """Return the checksum of the plugin that a further metric comes from; None where it is ncvq's own."""
    return _CHECKSUMS.get(name)


def _forget(name: str) -> None:
    FURTHER.pop(name, None)
    _CHECKSUMS.pop(name, None)
