r"""A table as LaTeX (booktabs), in as many parts as the page needs; long ones go on over pages (longtable)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from reports.tables.latex_text import BOLD, label, latex, width, wrapped
from reports.tables.paper import JOINED, Entry, PaperTable

TEXT_WIDTH = 345.0
"""Points: the text of the class article at 10 points, narrower than the page of most journals."""
SEPARATION, WIDEST_SEPARATION = 6.0, 12.0
"""Points between two columns: at least, and where there is room."""
SIZES = {r"\footnotesize": 1.0, r"\scriptsize": 0.95}
"""Sizes of letters (8 and 7 points), and how wide text is in them. The smaller one is taken where all fits in it."""
WIDEST_NAME, WIDEST_JOINED_NAME, WIDEST_HEAD = 95.0, 150.0, 62.0
"""Points after which the name of a row, one made of several factors, and a head are broken."""
LINES_OF_A_PAGE = 45
"""Longer tables are no floats: they go on over pages."""
HINT = r"""% In the preamble: \usepackage{booktabs,longtable}
% Letters beyond Latin and Greek: XeLaTeX or LuaLaTeX, with a font that has them."""


def latex_table(table: PaperTable) -> str:
    """The table, ready for input into a document; text of users is never markup."""
    table = _with_narrow_names(table)
    size, groups = _fit(table)
    made = [
        _part(table, columns, [size, _separation(table, columns, SIZES[size])], place, len(groups))
        for place, columns in enumerate(groups, start=1)
    ]
    return "\n".join([HINT, *made])


def parts_of(table: PaperTable) -> int:
    """In how many parts a page can hold the table."""
    return len(_fit(_with_narrow_names(table))[1])


def _with_narrow_names(table: PaperTable) -> PaperTable:
    """The table with the columns that name a row joined to one where they take more than half of the page."""
    if _names_width(table) <= TEXT_WIDTH / 2 or len(table.corner[0]) == 1:
        return table
    return replace(
        table,
        corner=tuple((JOINED.join(filter(None, line)),) for line in table.corner),
        names=tuple((JOINED.join(row),) for row in table.names),
    )


def _fit(table: PaperTable) -> tuple[str, list[range]]:
    """The size of the letters, and which columns stand in each part: about equally many, and no more than fit."""
    names = _names_width(table) + SEPARATION
    wide = [_column_width(table, column) + SEPARATION for column in range(len(table.heads[0]))]
    for size, scale in SIZES.items():
        if scale * (names + sum(wide)) - SEPARATION <= TEXT_WIDTH:
            return size, [range(len(wide))]
    few = len(_packed(wide, TEXT_WIDTH - names + SEPARATION, len(wide)))
    caps = range(math.ceil(len(wide) / few), len(wide) + 1)
    packed = (_packed(wide, TEXT_WIDTH - names + SEPARATION, cap) for cap in caps)
    return next(iter(SIZES)), next(groups for groups in packed if len(groups) == few)


def _packed(wide: Sequence[float], room: float, most: int) -> list[range]:
    """Columns one after the other into parts, at most so many and so wide."""
    starts, used = [0], 0.0
    for column, own in enumerate(wide):
        if column > starts[-1] and (used + own > room or column - starts[-1] == most):
            starts.append(column)
            used = 0.0
        used += own
    return [range(*pair) for pair in pairwise([*starts, len(wide)])]


def _separation(table: PaperTable, columns: range, scale: float) -> str:
    """The space between columns, in equal parts what the page has left."""
    named = len(table.corner[0])
    wide = _names_width(table) - SEPARATION * (named - 1) + sum(_column_width(table, column) for column in columns)
    points = (TEXT_WIDTH - scale * wide) / (named + len(columns) - 1)
    points = min(WIDEST_SEPARATION, max(SEPARATION, points))
    return rf"\setlength{{\tabcolsep}}{{{points / 2:.1f}pt}}"


def _names_width(table: PaperTable) -> float:
    """The width of the columns that name a row, with the space between them."""
    limit = _widest_name(table)
    heads = [max(_broken_width(text, WIDEST_HEAD) for text in column) for column in zip(*table.corner, strict=True)]
    names = [max(_broken_width(text, limit) for text in column) for column in zip(*table.names, strict=True)]
    return sum(map(max, heads, names)) + SEPARATION * (len(names) - 1)


def _column_width(table: PaperTable, column: int) -> float:
    heads = [_broken_width(line[column], WIDEST_HEAD) for line in table.heads]
    entries = [width(row[column].text) * (BOLD if row[column].best else 1) for row in table.entries]
    return max([*heads, *entries])


def _broken_width(text: str, points: float) -> float:
    return max(width(line) for line in wrapped(text, points))


def _widest_name(table: PaperTable) -> float:
    return WIDEST_JOINED_NAME if len(table.corner[0]) == 1 else WIDEST_NAME


def _part(table: PaperTable, columns: range, look: list[str], place: int, parts: int) -> str:
    named, limit = len(table.corner[0]), _widest_name(table)
    aligned = f"@{{}}{'l' * named}{'r' * len(columns)}@{{}}"
    heads = [
        [
            *(_broken(text, WIDEST_HEAD, "[b]", "l") for text in corner),
            *(_head(line[column]) for column in columns),
        ]
        for corner, line in zip(table.corner, table.heads, strict=True)
    ]
    rows = [
        [
            *(_broken(text, limit, "[t]", "l") for text in names),
            *(_entry(row[column]) for column in columns),
        ]
        for names, row in zip(table.names, table.entries, strict=True)
    ]
    lines = sum(max(len(wrapped(text, limit)) for text in names) for names in table.names)
    begin = _long if lines > LINES_OF_A_PAGE else _float
    return "\n".join(begin(aligned, look, _caption(table, place, parts), [*map(_row, heads)], [*map(_row, rows)]))


def _float(columns: str, look: list[str], caption: str, heads: list[str], rows: list[str]) -> list[str]:
    return [
        r"\begin{table}", r"\centering", *look, caption, r"\smallskip", rf"\begin{{tabular}}{{{columns}}}", r"\toprule",
        *heads, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}", r"\end{table}", "",
    ]  # fmt: skip


def _long(columns: str, look: list[str], caption: str, heads: list[str], rows: list[str]) -> list[str]:
    return [
        r"\begingroup", *look, rf"\begin{{longtable}}{{{columns}}}", rf"{caption} \\", r"\toprule", *heads, r"\midrule",
        r"\endfirsthead", r"\toprule", *heads, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot", *rows,
        r"\end{longtable}", r"\endgroup", "",
    ]  # fmt: skip


def _caption(table: PaperTable, place: int, parts: int) -> str:
    """The whole caption once; further parts refer to the first."""
    first = label(table.sweep, table.name)
    if place == 1:
        some = f" Part 1 of {parts}." if parts > 1 else ""
        return rf"\caption{{{latex(table.caption + some)}}}\label{{{first}}}"
    words = rf"Table~\ref{{{first}}}, part {place} of {parts}."
    return rf"\caption{{{words}}}\label{{{label(table.sweep, table.name, str(place))}}}"


def _row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _entry(entry: Entry) -> str:
    text = latex(f"−{entry.text[1:]}" if entry.text.startswith("-") else entry.text)
    return rf"\textbf{{{text}}}" if entry.best else text


def _head(text: str) -> str:
    return _broken(text, WIDEST_HEAD, "[b]", "r")


def _broken(text: str, points: float, place: str, aligned: str) -> str:
    """A text in as many lines as it needs."""
    lines = [latex(line) for line in wrapped(text, points)]
    if len(lines) == 1:
        return lines[0]
    column = r" \\ ".join(lines)
    return rf"\begin{{tabular}}{place}{{@{{}}{aligned}@{{}}}}{column}\end{{tabular}}"
