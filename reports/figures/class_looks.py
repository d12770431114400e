"""How classes are told apart in figures of points: names without an order, unlike levels."""

from __future__ import annotations

from collections.abc import Iterable

from reports.colours import BLACK, BLUE, GREEN, NUMBER_MARKERS, ORANGE, PINK, SKY, VERMILION, Look

MOST_CLASSES = 10
"""Classes with a look of their own; the others share one."""
OTHERS = "other classes"
HUES = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY, BLACK)
PALE = Look(colour=(0.7, 0.7, 0.7), marker=".")


def class_looks(labels: Iterable[str]) -> dict[str, Look]:
    """The look of each class, in the order in which they come; of those beyond MOST_CLASSES the same."""
    found = {}
    for place, label in enumerate(sorted(dict.fromkeys(labels), key=_order)):
        own = Look(colour=HUES[place % len(HUES)], marker=NUMBER_MARKERS[place % len(NUMBER_MARKERS)])
        found[label] = own if place < MOST_CLASSES else PALE
    return found


def _order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def legend_entries(looks: dict[str, Look]) -> dict[str, Look]:
    """What a legend names: each class with a look of its own, and the others once."""
    own = {f"class {label}": look for label, look in looks.items() if look is not PALE}
    return own | ({OTHERS: PALE} if len(own) < len(looks) else {})
