"""How classes are told apart in figures of points: names without an order, unlike levels."""

from __future__ import annotations

from collections.abc import Iterable

from reports.colours import BLACK, BLUE, GREEN, NUMBER_MARKERS, ORANGE, PINK, SKY, VERMILION, Look
from reports.figures.names import shortened, width

HUES = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY, BLACK)
MOST_CLASSES = len(HUES)
"""Classes with a look of their own; the others share one."""
OTHERS = "other classes"
PALE = Look(colour=(0.7, 0.7, 0.7), marker=".")


def class_looks(labels: Iterable[str]) -> dict[str, Look]:
    """The look of each class, in the order in which they come; of those beyond MOST_CLASSES the same."""
    found = {}
    for place, label in enumerate(sorted(dict.fromkeys(labels), key=_order)):
        own = place < MOST_CLASSES
        found[label] = Look(colour=HUES[place], marker=NUMBER_MARKERS[place]) if own else PALE
    return found


def class_name(label: str) -> str:
    """What stands beside the row of a class: one line, or two where the label is long."""
    shown = shortened([label], 12)[label]
    return f"class {shown}" if width(shown) <= 5 else f"class\n{shown}"


def per_cent(share: float) -> str:
    """A share in words: "43 %"."""
    return f"{100 * share:.0f} %"


def _order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def legend_entries(looks: dict[str, Look]) -> dict[str, Look]:
    """What a legend names: each class with a look of its own, and the others once."""
    own = {f"class {label}": look for label, look in looks.items() if look is not PALE}
    return own | ({OTHERS: PALE} if len(own) < len(looks) else {})
