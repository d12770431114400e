"""What part of a design a report is about, for its top: imported runs, a profile, datasets left out, first seeds."""

from __future__ import annotations

from reports.claims.wording import count_words, listed
from reports.read_store import Sweep


def scope(sweep: Sweep) -> list[str]:
    """One sentence for each thing that makes the report one of less than the whole sweep, or of another's runs."""
    words = []
    if sweep.source:
        words.append(
            f"Imported from {sweep.source}, not run by ncvq: without seeds, so that all comparisons are unpaired "
            "(Welch), and runs that measured different things are not joined."
        )
    if sweep.profile:
        words.append(
            f"This is the profile {sweep.profile}, not the sweep itself: other trials, with the settings and datasets "
            "that the profile has instead."
        )
    if sweep.missing:
        words.append(
            f"{count_words(len(sweep.missing), 'dataset')} of the sweep left out because not at hand when it was "
            f"launched: {listed(sweep.missing)}."
        )
    if sweep.seeds_launched:
        seeds = len(sweep.factors["seed"])
        words.append(
            f"Of {sweep.seeds_launched} seeds, only the first {seeds} {'is' if seeds == 1 else 'are'} used here."
        )
    return words
