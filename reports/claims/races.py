"""What a report says of a race as a whole."""

from __future__ import annotations

from orchestrator.store.races import Race
from reports.claims.wording import count_words, listed

GROWN_BY_HAND = (
    "The sweep was raced, and launched by hand with other trials since: these verdicts are of one look that nobody "
    "planned, after others, so that they err more often than one time in twenty. `ncvq launch` with --until-decided "
    "goes on with the race."
)
"""Rule 13: a race that somebody took over."""


def raced_words(race: Race) -> str:
    """How seeds were given, how many comparisons each look decided, and how many none did."""
    at_looks = [
        f"{count_words(len(look.decided), 'comparison')} at {look.seeds} seeds" for look in race.looks if look.decided
    ]
    end = "undecided at the largest number of seeds" if race.ended else "still open"
    left = f", {count_words(len(race.still_open), 'comparison')} {end}" if race.still_open else ""
    raised = (
        f" The largest number was raised from {race.plan.largest} after a look: what is decided beyond is unplanned, "
        "and judged by e-values of at least 20."
        if race.raised
        else ""
    )
    return (
        f"Raced: after {race.plan.fewest} seeds, further ones, {race.largest} at most, went only where a verdict "
        f"on these datasets by {listed(list(race.plan.answers))} was open, so that settings may have different numbers "
        "of seeds. Decided, with bounds for all looks together, over all datasets and on single ones: "
        f"{listed(at_looks) or 'nothing yet'}{left}.{raised} Each p is that of the "
        "look that judged last, effects and intervals are of all blocks until now. Other metrics are judged as if they "
        "had been looked at once."
    )
