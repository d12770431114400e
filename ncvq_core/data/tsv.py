"""Reading tab-separated text, as in the UCR archive: a class, which is a whole number, and the values of one series."""

from pathlib import Path

from ncvq_core.data.labels import whole_number
from ncvq_core.data.text import LabelledLine, Part, parse_lines, read_lines
from ncvq_core.data.values import QUOTED, quoted, read_values
from ncvq_core.errors import DataError


def read_tsv(path: Path) -> Part:
    """Read a `.tsv` file; blank lines are left out.

    Raises:
        DataError: it cannot be read, or holds no series.
    """
    lines = read_lines(path)
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    found = parse_lines(path, numbered, len(lines), _parse)
    return Part([each.values for each in found], [each.label for each in found], _cut_off(path, lines[-1], found))


def _parse(line: str, where: str) -> LabelledLine:
    cells = line.split("\t")
    if len(cells) < 2:
        raise DataError(f"{where}: one column only; write label, tab, values, not {quoted(line)}")
    if not cells[-1].strip():
        raise DataError(
            f"{where}: an empty cell; write NaN for a missing value, or remove the tab at the end of the line"
        )
    label = whole_number(cells[0])
    if label is None:
        found = cells[0].strip()[:QUOTED] or "an empty cell"
        raise DataError(f"{where}: the first column must be a class, a whole number, not {found}")
    return LabelledLine(read_values(cells[1:], where)[None], str(label))


def _cut_off(path: Path, last: str, found: list[LabelledLine]) -> list[str]:
    """Return a note if the last line has no line end and fewer values than every other line."""
    *others, count = (each.values.shape[1] for each in found)
    if not last.strip() or not others or count >= min(others):
        return []
    return [f"the last line of {path.name} has {count} values and no line end: is the file cut off?"]
