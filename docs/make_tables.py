"""Writes the tables of sweeps.md and model.md from the code: `python docs/make_tables.py`."""

import dataclasses
import typing
from collections.abc import Iterable
from pathlib import Path

from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.config.tokenizer import BANDS, Stage1Config
from ncvq_core.metrics import FURTHER, METRICS, Metric
from ncvq_core.registry import Registry
from ncvq_core.settings import describe_range, value_type
from ncvq_core.ssl import SSL_METHODS

FOLDER = Path(__file__).parent
START, END = "<!-- {} -->", "<!-- end of {} -->"


def settings_table() -> str:
    """Return all settings with default and range."""
    rows = ["| setting | default | range | what |", "|---|---|---|---|"]
    special = {
        "tokenizer": ("stft", f"one of {', '.join(BANDS)}", "how a series is split before it is encoded"),
        "ssl": ("none", "see below", "self-supervised method"),
        "augmentations": ("[]", "see below", "the set that makes the augmented view"),
        "band_augmentations": ("{}", "see below", "sets of single bands"),
    }
    for part in (Stage1Config, Stage2Config, SamplingConfig):
        if part is Stage2Config:
            rows.append(
                "| `metrics` | [] | names of further metrics | beside those of every trial (model.md, plugins.md) |"
            )
            rows.append("| `stages` | 1 | 1 or 2 | 2: train the prior as well, draw samples and measure them |")
        hints = typing.get_type_hints(part)
        for field in dataclasses.fields(part):
            if field.name in special:
                default, allowed, what = special[field.name]
            else:
                default = "required" if field.default is dataclasses.MISSING else _plain(field.default)
                allowed = describe_range(value_type(hints[field.name])[0], field.metadata)
                what = field.metadata["help"]
            rows.append(f"| `{field.name}` | {default} | {allowed} | {what} |")
    return "\n".join(rows)


def component_table(registry: Registry[typing.Any]) -> str:
    """Return all components of a registry with their parameters."""
    rows = ["| name | what it does | parameters |", "|---|---|---|"]
    for name in registry:
        component = registry.component(name)
        summary = (component.__doc__ or "").splitlines()[0].rstrip(".")
        parameters = ", ".join(f"`{field.name}` {_plain(field.default)}" for field in dataclasses.fields(component))
        rows.append(f"| `{name}` | {summary} | {parameters} |")
    return "\n".join(rows)


def metrics_table(metrics: Iterable[Metric], *stages: str) -> str:
    """Return the metrics of some stages."""
    rows = ["| column | what | better | effects | margin | no comparison across |", "|---|---|---|---|---|---|"]
    for metric in metrics:
        if metric.stage in stages:
            what = f"{metric.source}{f' [{metric.unit}]' if metric.unit else ''}"
            ratio = metric.scale == "log"
            margin = "" if metric.margin is None else f"{metric.margin:.0%}" if ratio else f"{metric.margin:g}"
            across = ", ".join(f"`{factor}`" for factor in sorted(metric.incomparable))
            effects = "ratios" if ratio else "differences"
            rows.append(f"| `{metric.name}` | {what} | {metric.better or ''} | {effects} | {margin} | {across} |")
    return "\n".join(rows)


def with_tables(page: str, tables: Iterable[tuple[str, str]]) -> str:
    """Return the page with the text between each table's marks replaced."""
    for name, table in tables:
        start, end = START.format(name), END.format(name)
        before, after = page.split(start)[0], page.split(end)[1]
        page = f"{before}{start}\n{table}\n{end}{after}"
    return page


def all_tables() -> dict[Path, list[tuple[str, str]]]:
    """Return the tables of each page by name."""
    return {
        FOLDER / "sweeps.md": [
            ("settings", settings_table()),
            ("ssl methods", component_table(SSL_METHODS)),
            ("augmentations", component_table(AUGMENTATIONS)),
        ],
        FOLDER / "model.md": [
            ("metrics of stage 1", metrics_table(METRICS, "stage1")),
            ("metrics of stage 2", metrics_table(METRICS, "stage2", "samples")),
            ("further metrics", metrics_table(FURTHER.values(), "samples")),
        ],
    }


def _plain(value: object) -> str:
    return "null" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    for page, tables in all_tables().items():
        page.write_text(with_tables(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
