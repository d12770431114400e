"""What makes a figure hard to read: too large, letters cut off, labels that overlap."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

LARGEST = (12.01, 9.01)  # inches
SLACK = 1.5  # pixels
SMALLEST_LETTER = 6.0  # points


def faults_of(figure: Figure) -> list[str]:
    """What is wrong with a figure, in words."""
    figure.draw_without_rendering()
    found = []
    width, height = figure.get_size_inches()
    if width > LARGEST[0] or height > LARGEST[1]:
        found.append(f"{width:.1f} × {height:.1f} inches")
    canvas = figure.bbox
    for text in _shown(figure):
        box = text.get_window_extent()
        out = max(canvas.x0 - box.x0, box.x1 - canvas.x1, canvas.y0 - box.y0, box.y1 - canvas.y1)
        if out > SLACK:
            found.append(f"{text.get_text()!r} reaches {out:.0f} pixels out of the page")
        if text.get_fontsize() < SMALLEST_LETTER:
            found.append(f"{text.get_text()!r} has {text.get_fontsize():.1f} points")
    for axes in figure.axes:
        if axes.get_visible():
            found += _overlaps(axes)
    found += _titles(figure)
    return list(dict.fromkeys(found))


def _shown(figure: Figure) -> list[Text]:
    """The texts that are drawn: not labels of ticks outside the limits of their axis, nor those of hidden axes."""
    hidden: set[Text] = set()
    for axes in figure.axes:
        if not axes.get_visible():
            hidden |= set(axes.findobj(Text))
            continue
        for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            ticks = [*axis.majorTicks, *axis.minorTicks]
            hidden |= {label for tick in ticks for label in (tick.label1, tick.label2)} - set(_labels(axes, name))
    return [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def _labels(axes: Axes, name: str) -> list[Text]:
    axis = axes.xaxis if name == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [label for label in labels if label.get_visible() and label.get_text()]


def _overlaps(axes: Axes) -> list[str]:
    """Neighbouring labels of an axis that overlap."""
    found = []
    for name in "xy":
        labels = _labels(axes, name)
        boxes = [(label.get_window_extent(), label.get_text()) for label in labels]
        boxes.sort(key=lambda pair: pair[0].x0 if name == "x" else pair[0].y0)
        found += [f"{name} labels {first!r} and {second!r} overlap"
                  for (one, first), (two, second) in pairwise(boxes) if _overlap(one, two)]  # fmt: skip
    return found


def _titles(figure: Figure) -> list[str]:
    """Titles that overlap each other, the legend, or the tick labels of another panel."""
    shown = [axes for axes in figure.axes if axes.get_visible()]
    titles = [
        text for axes in shown for text in axes.get_children() if isinstance(text, Text) and _is_title(axes, text)
    ]
    boxes = [(title.get_window_extent(), title.get_text()) for title in titles]
    found = [f"titles {first!r} and {second!r} overlap" for place, (one, first) in enumerate(boxes)
             for two, second in boxes[place + 1 :] if _overlap(one, two)]  # fmt: skip
    legends = [legend.get_window_extent() for legend in figure.legends]
    around = [(label.get_window_extent(), label.get_text()) for axes in shown
              for name in "xy" for label in _labels(axes, name)]  # fmt: skip
    named = [(axes.yaxis.label.get_window_extent(), axes.get_ylabel()) for axes in shown if axes.get_ylabel()]
    found += [f"{text!r} lies under the legend" for box, text in [*boxes, *around, *named]
              for legend in legends if _overlap(box, legend)]  # fmt: skip
    found += [f"title {title!r} and label {text!r} overlap" for box, title in boxes
              for other, text in around if _overlap(box, other)]  # fmt: skip
    fixed = [(text.get_window_extent(), text.get_text()) for text in figure.texts]
    found += [f"{first!r} and {second!r} overlap" for one, first in fixed
              for two, second in [*boxes, *around] if _overlap(one, two)]  # fmt: skip
    found += [f"labels {first!r} and {second!r} overlap" for place, (one, first) in enumerate(named)
              for two, second in named[place + 1 :] if _overlap(one, two)]  # fmt: skip
    return found


def _is_title(axes: Axes, text: Text) -> bool:
    """Whether a text is a title of its axes, in the middle or at the left."""
    return bool(text.get_text()) and text.get_text() in (axes.get_title(), axes.get_title("left"))


def _overlap(one: Bbox, two: Bbox) -> bool:
    shared = Bbox.intersection(one, two)
    return shared is not None and shared.width > SLACK and shared.height > SLACK
