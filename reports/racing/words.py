"""What a report says of a race as a whole."""

from __future__ import annotations

from orchestrator.store.races import Race
from reports.claims.wording import count_words, listed


def raced_words(race: Race) -> str:
    """How seeds were given, how many comparisons each look decided, and how many none did."""
    at_looks = [
        f"{count_words(len(look.decided), 'comparison')} at {look.seeds} seeds" for look in race.looks if look.decided
    ]
    end = "undecided at the largest number of seeds" if race.ended else "still open"
    left = f", {count_words(len(race.still_open), 'comparison')} {end}" if race.still_open else ""
    return (
        f"Raced: after {race.plan.fewest} seeds, further ones, {race.plan.largest} at most, went only where a verdict "
        f"on these datasets by {listed(list(race.plan.answers))} was open, so that settings have different numbers of "
        f"seeds. Decided, with bounds for all looks together: {listed(at_looks) or 'nothing yet'}{left}. Other metrics "
        "are judged as if they had been looked at once."
    )
