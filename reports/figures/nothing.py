"""Why a figure that was asked for has nothing to draw."""

from __future__ import annotations

from orchestrator.store.stages import ID_COLUMNS
from reports.claims.wording import listed
from reports.levels import AUGMENTATIONS, EMBEDDING, SSL, WEIGHT
from reports.read_store import Results

NEEDED = {
    "weight": (WEIGHT,),
    "robustness": (AUGMENTATIONS, SSL),
    "token_embedding": (EMBEDDING,),
    "ssl_difficulty": (AUGMENTATIONS,),
}
"""The factors that must vary, by figure."""
NEEDED_METRICS = {"ssl_difficulty": "an SSL loss", "transfer": "judged samples (stages: 2)"}
"""What trials must have, by figure."""
NEEDED_EXAMPLES = {"samples": "samples (stages: 2)", "views": "an augmented view", "spectra": "an augmented view"}
OF_EXAMPLES = ("spectra", "samples", "separation", "views")
"""Figures of what is kept of stages beside their numbers."""


def why_nothing(results: Results, name: str) -> str:
    """One line for a name of the registry, or of one figure, that draws nothing of a sweep."""
    sweep = results.sweep
    lacking = [factor for factor in NEEDED.get(name, ()) if factor not in sweep.varying]
    if lacking:
        return f"{name}: sweep {sweep.name} has no levels of {listed(lacking)} to compare, so there is nothing to draw"
    if name in NEEDED_METRICS:
        return f"{name}: no trial of sweep {sweep.name} that varies has {NEEDED_METRICS[name]}, so nothing is drawn"
    if name in OF_EXAMPLES and not results.done.empty:
        return f"{name}: {why_no_examples(results, name)}"
    if name == "robustness" and WEIGHT in sweep.varying:
        return f"{name}: {WEIGHT} varies in sweep {sweep.name}, so that `weight` and `value` draw it"
    if name == "effects_map" and not results.done.empty:
        return f"{name}: the datasets of sweep {sweep.name} are few, so that `effects` has all of them"
    return f"{name}: nothing to draw yet in sweep {sweep.name}"


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
