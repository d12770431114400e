"""Why a figure that was asked for has nothing to draw."""

from __future__ import annotations

from orchestrator.store.stages import ID_COLUMNS
from reports.claims.wording import listed
from reports.levels import AUGMENTATIONS, DATASET, EMBEDDING, SSL, WEIGHT
from reports.read_store import Results

NEEDED = {
    "weight": (WEIGHT,),
    "robustness": (AUGMENTATIONS, SSL),
    "token_embedding": (EMBEDDING,),
    "ssl_difficulty": (AUGMENTATIONS,),
    "moderators": (DATASET,),
}
"""The factors that must vary, by figure."""
NEEDED_METRICS = {"ssl_difficulty": "an SSL loss", "transfer": "judged samples (stages: 2)"}
"""What trials must have, by figure."""
NEEDED_EXAMPLES = {"samples": "samples (stages: 2)", "views": "an augmented view", "spectra": "an augmented view"}
OF_SEARCHES = ("search_history", "search_importance", "front")
"""Figures of searches alone."""
OF_A_SEARCH = (*OF_SEARCHES, "coverage", "cost")
"""What is drawn of a search: all else would take suggestions for levels, or a mean over them."""
OF_EXAMPLES = ("spectra", "samples", "separation", "views")
"""Figures of what is kept of stages beside their numbers."""


def why_nothing(results: Results, name: str) -> str:
    """One line for a name of the registry, or of one figure, that draws nothing of a sweep."""
    sweep = results.sweep
    if results.search is not None and name not in OF_A_SEARCH:
        return f"{name}: sweep {sweep.name} is a search, of which {listed(OF_A_SEARCH)} are drawn"
    if results.search is None and name in OF_SEARCHES:
        return f"{name}: sweep {sweep.name} is no search"
    lacking = [factor for factor in NEEDED.get(name, ()) if factor not in sweep.varying]
    if lacking:
        return f"{name}: sweep {sweep.name} has no levels of {listed(lacking)} to compare, so there is nothing to draw"
    if name in NEEDED_METRICS:
        return f"{name}: no trial of sweep {sweep.name} that varies has {NEEDED_METRICS[name]}, so nothing is drawn"
    reason = _reason(results, name) if not results.done.empty else None
    return f"{name}: {reason or f'nothing to draw yet in sweep {sweep.name}'}"


def _reason(results: Results, name: str) -> str | None:
    """Why a sweep with results has nothing for a figure; None where there is no reason to tell."""
    sweep = results.sweep
    if name in OF_EXAMPLES:
        return why_no_examples(results, name)
    if name == "robustness" and WEIGHT not in sweep.varying:
        return None
    measuring = "a launch on the same names" if sweep.source else f"`ncvq launch {sweep.name}`"
    return {
        "robustness": f"{WEIGHT} varies in sweep {sweep.name}, so that `weight` and `value` draw it",
        "effects_map": f"the datasets of sweep {sweep.name} are few, so that `effects` has all of them",
        "importance": f"no two seeds of sweep {sweep.name} have every combination of levels with an answered metric",
        "moderators": f"the store lacks properties of the data of sweep {sweep.name} ({measuring} measures them)",
    }.get(name)


def why_no_examples(results: Results, name: str = "") -> str:
    """Why figures of series, codes and spectra are missing, or one of them, where some trial is done."""
    sweep, done = results.sweep, results.done
    if sweep.source:
        return f"the trials of sweep {sweep.name} were imported, and no series or weights of them are known"
    held = {
        stage: [results.examples.has(stage_id) for stage_id in done[column].dropna()]
        for stage, column in ID_COLUMNS.items()
        if column in done
    }
    if any(map(any, held.values())) or (name == "samples" and not held.get(name)):
        lacking = NEEDED_EXAMPLES.get(name, "what it shows")
        return f"no trial of sweep {sweep.name} of which series are kept has {lacking}"
    return (
        f"no series, codes and spectra of sweep {sweep.name} are kept (launched with --no-samples, or by an older "
        f"ncvq): `ncvq report {sweep.name} --with-samples` makes them from the weights"
    )
