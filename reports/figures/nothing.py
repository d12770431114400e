"""Why a figure that was asked for has nothing to draw."""

from __future__ import annotations

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


def why_nothing(results: Results, name: str) -> str:
    """One line for a name of the registry, or of one figure, that draws nothing of a sweep."""
    sweep = results.sweep
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
    if name == "robustness" and WEIGHT in sweep.varying:
        return f"{WEIGHT} varies in sweep {sweep.name}, so that `weight` and `value` draw it"
    if name == "effects_map":
        return f"the datasets of sweep {sweep.name} are few, so that `effects` has all of them"
    if name == "importance":
        return f"no two seeds of sweep {sweep.name} have every combination of levels with a metric that it answers for"
    if name == "moderators" and sweep.source:
        return (
            f"the store lacks properties of the data of sweep {sweep.name} (a launch on the same names measures them)"
        )
    if name == "moderators":
        return (
            f"the store lacks properties of the data of sweep {sweep.name} (`ncvq launch {sweep.name}` measures them)"
        )
    return None
