"""Writes the drawing and the table of rooms of design.md from the code: `python -m docs.make_design`."""

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from docs.import_graph import (
    first_sentence,
    floors,
    folders,
    imports_of_others,
    room_graph,
    rooms_of_the_test,
    without_shortcuts,
)
from docs.make_tables import with_tables

FOLDER = Path(__file__).parent
PAGE, DRAWING = FOLDER / "design.md", FOLDER / "design.svg"
WIDTH, BOX_WIDTH, BOX_HEIGHT, FLOOR = 1080, 88, 28, 62
PANEL_TOP = 330
STYLE = """\
text { font: 12px sans-serif; fill: #222 } .small { font-size: 10px; fill: #555 } .head { font-weight: bold }
rect { fill: #fff; stroke: #777 } .panel { fill: #f6f7f9; stroke: none } .page { fill: #fff; stroke: none }
path { fill: none; stroke: #8a93a0 } .flow { stroke: #0072b2; stroke-width: 2 } .word { fill: #0072b2 }"""


class Box(NamedTuple):
    """A rectangle with text in it."""

    x: float
    """Of its middle."""
    y: float
    """Of its upper edge."""
    title: str
    """What stands in it."""
    below: str = ""
    """What stands in it in small letters."""
    width: float = BOX_WIDTH
    """From edge to edge."""

    def height(self) -> float:
        """Return its height: one line or two."""
        return BOX_HEIGHT + (14 if self.below else 0)

    def drawn(self) -> str:
        """Return it as SVG."""
        parts = [f'<rect x="{self.x - self.width / 2:g}" y="{self.y:g}" width="{self.width:g}"']
        parts.append(f' height="{self.height():g}" rx="4"/>{text(self.x, self.y + 18, self.title)}')
        if self.below:
            parts.append(text(self.x, self.y + 34, self.below, "small"))
        return "".join(parts)


FLOW = {
    "file": Box(90, 60, "a sweep", "sweeps/, or your file", 130),
    "sweepfile": Box(275, 60, "cells", "orchestrator/sweepfile", 138),
    "planning": Box(460, 60, "tasks", "orchestrator/planning", 138),
    "launching": Box(645, 60, "a launch", "orchestrator/launching", 138),
    "execution": Box(830, 60, "packs in workers", "orchestrator/execution", 138),
    "stages": Box(1005, 60, "runs", "ncvq_core/stages", 120),
    "store": Box(645, 185, "the store: records, rows, history, checkpoints", "orchestrator/store", 508),
    "reports": Box(275, 185, "claims, figures, tables, page", "reports", 176),
}
"""What becomes of a sweep, and in which room."""


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    """Return text as SVG; x is its middle, or its beginning where anchor is start."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def arrow(points: str, kind: str = "") -> str:
    """Return a line with a head as SVG; points are those of a path."""
    return f'<path d="{points}" class="{kind}" marker-end="url(#{kind or "thin"})"/>'


def flow() -> Iterator[str]:
    """Yield the upper half: what flows from a sweep file to a page."""
    yield text(24, 30, "What becomes of a sweep", "head", "start")
    chain = ["file", "sweepfile", "planning", "launching", "execution", "stages"]
    for left, right in pairwise(chain):
        start, end = FLOW[left], FLOW[right]
        yield arrow(f"M{start.x + start.width / 2:g} 81 H{end.x - end.width / 2 - 6:g}", "flow")
    top, bottom = FLOW["store"].y, FLOW["file"].y + FLOW["file"].height()
    yield arrow(f"M460 {top} V{bottom + 6:g}", "flow") + text(466, 148, "what is done", "word", "start")
    yield arrow(f"M645 {bottom:g} V{top - 6:g}", "flow") + text(651, 148, "rows of trials", "word", "start")
    yield arrow(f"M830 {bottom:g} V{top - 6:g}", "flow") + text(836, 148, "records, checkpoints", "word", "start")
    store, reports = FLOW["store"], FLOW["reports"]
    yield arrow(f"M{store.x - store.width / 2:g} 206 H{reports.x + reports.width / 2 + 6:g}", "flow")
    yield from (box.drawn() for box in FLOW.values())


def panel(package: str, rooms: tuple[str, ...], left: float, width: float, height: float) -> Iterator[str]:
    """Yield the rooms of a package on their floors, with an arrow to each that a room imports."""
    graph = room_graph(package, rooms)
    places, arrows = floors(graph), without_shortcuts(graph)
    rect = f'<rect class="panel" x="{left:g}" y="{PANEL_TOP - 30}" width="{width:g}" height="{height + 38:g}"/>'
    yield rect + text(left + 12, PANEL_TOP - 12, package, "head", "start")
    for line, other in enumerate(imports_of_others(package)):
        yield text(left + 12, PANEL_TOP + 6 + 15 * line, f"imports {other}", "small", "start")
    boxes: dict[str, Box] = {}
    for floor in range(max(places.values()) + 1):
        own = [room for room in rooms if places[room] == floor]
        for place, room in enumerate(own):
            x = left + width * (place + 0.5) / len(own)
            boxes[room] = Box(x, PANEL_TOP + height - (floor + 1) * FLOOR, room)
    for room, others in arrows.items():
        for other in sorted(others):
            (x, y), (to, end) = (boxes[room].x, boxes[room].y + BOX_HEIGHT), (boxes[other].x, boxes[other].y - 5)
            yield arrow(f"M{x:g} {y:g} C{x:g} {y + 24:g} {to:g} {end - 24:g} {to:g} {end:g}")
    yield from (box.drawn() for box in boxes.values())


def drawing() -> str:
    """Return design.svg."""
    rooms = {**rooms_of_the_test(), "reports": tuple(folders("reports"))}
    highest = {name: max(floors(room_graph(name, own)).values()) + 1 for name, own in rooms.items()}
    height = max(highest.values()) * FLOOR
    bottom = PANEL_TOP + height + 20
    parts = [f'<rect class="page" width="{WIDTH}" height="{bottom:g}"/>', *flow()]
    parts.append(
        text(24, PANEL_TOP - 44, "Who imports whom, without arrows that a longer way replaces", "head", "start")
    )
    lefts = {"reports": (24, 250), "orchestrator": (290, 290), "ncvq_core": (596, 460)}
    for package, (left, width) in lefts.items():
        parts += panel(package, rooms[package], left, width, height)
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="{size}" markerHeight="{size}" '
        f'orient="auto"><path d="M0 0L10 5L0 10z" style="fill: {colour}; stroke: none"/></marker>'
        for name, size, colour in (("thin", 6, "#8a93a0"), ("flow", 5, "#0072b2"))
    )
    box = f'viewBox="0 0 {WIDTH} {bottom:g}" width="{WIDTH}" height="{bottom:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{STYLE}</style><defs>{heads}</defs>'
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def rooms_table() -> str:
    """Return each room with what it holds and what it imports of its own package; of others, a row a package."""
    lines = ["| room | holds | imports today |", "|---|---|---|"]
    for package, rooms in rooms_of_the_test().items():
        graph = room_graph(package, rooms)
        lines.append(f"| **`{package}/`** | lowest room first | {_others(package)} |")
        for room in rooms:
            used = [other for other in rooms if other in graph[room]]
            lines.append(f"| `{package}/{room}` | {first_sentence(package, room)} | {_names(used)} |")
    for package in ("reports", "sweeps"):
        lines.append(f"| **`{package}/`** | {_FOLDERS[package]} | {_others(package)} |")
    return "\n".join(lines)


_FOLDERS = {
    "reports": "what a sweep says: `statistics/`, `claims/` in words, `figures/`, `tables/`, `page/`",
    "sweeps": "the named designs, as YAML",
}


def _others(package: str) -> str:
    return "; ".join(imports_of_others(package)) or "none of the other packages"


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def all_tables() -> dict[Path, list[tuple[str, str]]]:
    """Return the tables of the page by name."""
    return {PAGE: [("rooms", rooms_table())]}


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
    for page, tables in all_tables().items():
        page.write_text(with_tables(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
