"""All figures by name. A new one is a module under the contract, and a line here."""

from __future__ import annotations

from ncvq_core.errors import ConfigError
from ncvq_core.plugins import registering
from reports.errors import ReportError
from reports.figures import (
    cost,
    coverage,
    curves,
    effects,
    effects_map,
    front,
    importance,
    moderators,
    ranks,
    robustness,
    samples,
    search_history,
    search_importance,
    separation,
    spectra,
    ssl_difficulty,
    token_embedding,
    transfer,
    value,
    views,
    weight,
)
from reports.figures.contract import FigureModule

REGISTRY: dict[str, FigureModule] = {
    "search_history": search_history,
    "search_importance": search_importance,
    "front": front,
    "effects": effects,
    "effects_map": effects_map,
    "weight": weight,
    "robustness": robustness,
    "token_embedding": token_embedding,
    "ranks": ranks,
    "ssl_difficulty": ssl_difficulty,
    "transfer": transfer,
    "moderators": moderators,
    "importance": importance,
    "spectra": spectra,
    "samples": samples,
    "separation": separation,
    "views": views,
    "curves": curves,
    "coverage": coverage,
    "cost": cost,
    "value": value,
}
"""In the order of their importance: a report draws the first."""


def register_figure(name: str, module: FigureModule) -> None:
    """Add a figure; a plugin calls it while it is loaded, with `sys.modules[__name__]` where it is the module itself.

    Raises:
        ConfigError: the name is taken, or the module lacks a function of the contract.
    """
    needed = ("LAYOUT", "views", "table", "draw", "caption", "alt_text")
    if lacking := [part for part in needed if not hasattr(module, part)]:
        raise ConfigError(f"figure {name!r}: its module lacks {', '.join(lacking)}")
    registering("figure", name, REGISTRY, lambda: REGISTRY.pop(name, None))
    REGISTRY[name] = module


def figure_module(name: str) -> FigureModule:
    """The module of a figure.

    Raises:
        ReportError: no figure has that name; the message lists those that there are.
    """
    if name not in REGISTRY:
        raise ReportError(f"no figure is called {name!r}: {', '.join(REGISTRY)}")
    return REGISTRY[name]
