"""Why a figure that was asked for has nothing to draw."""

from __future__ import annotations

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


def why_nothing(results: Results, name: str) -> str:
    """One line for a name of the registry, or of one figure, that draws nothing of a sweep."""
    sweep = results.sweep
    lacking = [factor for factor in NEEDED.get(name, ()) if factor not in sweep.varying]
    if lacking:
        return f"{name}: sweep {sweep.name} has no levels of {listed(lacking)} to compare, so there is nothing to draw"
    if name in NEEDED_METRICS:
        return f"{name}: no trial of sweep {sweep.name} that varies has {NEEDED_METRICS[name]}, so nothing is drawn"
    if name == "robustness" and WEIGHT in sweep.varying:
        return f"{name}: {WEIGHT} varies in sweep {sweep.name}, so that `weight` and `value` draw it"
    if name == "effects_map" and not results.done.empty:
        return f"{name}: the datasets of sweep {sweep.name} are few, so that `effects` has all of them"
    return f"{name}: nothing to draw yet in sweep {sweep.name}"
