"""What a sweep file says of metrics: which its report answers for, and which differences are of no importance."""

from typing import Any

from ncvq_core.errors import unknown_name
from ncvq_core.metrics import metrics_by_name
from orchestrator.sweepfile.yaml_lines import Source

LARGEST = 1e9
"""No margin is as large."""


def read_answers(source: Source) -> tuple[str, ...]:
    """Return the metrics of `answers`, empty where the file leaves the choice to the report.

    Raises:
        SweepError: an unknown or a repeated metric.
    """
    written: list[Any] = source.data.get("answers", [])
    for index, name in enumerate(written):
        if name not in metrics_by_name():
            raise source.error(str(unknown_name("metric", name, metrics_by_name())), "answers", index)
        if name in written[:index]:
            raise source.error(f"{name} is there twice", "answers", index)
    return tuple(written)


def read_margins(source: Source) -> dict[str, float]:
    """Return the margins by metric: a share where effects are ratios (`5%` is 0.05), else in the metric's own unit.

    Raises:
        SweepError: an unknown metric, or no positive number, or one in per cent where effects are no ratios.
    """
    margins = {}
    for name, written in source.data.get("margins", {}).items():
        if name not in metrics_by_name():
            raise source.error(str(unknown_name("metric", name, metrics_by_name())), "margins", name)
        ratio = metrics_by_name()[name].scale == "log"
        value = _number(written, ratio)
        largest = 1.0 if metrics_by_name()[name].margin is not None else float("inf")
        if value is None or not 0 < value < largest:
            words = "a share above 0, such as 5% or 0.05" if ratio else "a number above 0 in its own unit, such as 0.02"
            raise source.error(f"margin of {name} = {written!r}: must be {words}", "margins", name)
        margins[name] = value
    return margins


def _number(written: Any, ratio: bool) -> float | None:
    """Return a margin as a number; None where it is none."""
    if isinstance(written, bool):
        return None
    if isinstance(written, int | float):
        return float(written) if abs(written) < LARGEST else None
    if ratio and isinstance(written, str) and written.strip().endswith("%"):
        try:
            return float(written.strip().removesuffix("%")) / 100
        except ValueError:
            return None
    return None
