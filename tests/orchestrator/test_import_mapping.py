"""Every mistake in a mapping, or in the table that it is for, gives one line with the file and the line number."""

from pathlib import Path

import pytest

from ncvq_core.errors import NcvqError
from orchestrator.importing.mapping import read_mapping, shipped_mappings
from orchestrator.importing.table import ImportingError
from tests.orchestrator.tables_of_runs import HEAD, MAPPING, mapped, runs_text

# (what of MAPPING becomes what, part of the message); the message must name the line of the change.
MISTAKES = {
    "unknown key": ("answers:", "anwsers:", "unknown key 'anwsers' (did you mean 'answers'?)"),
    "unknown factor": ("  ssl: {", "  sll: {", "unknown factor 'sll' (did you mean 'ssl'?"),
    "seed": ("aug_recon_weight: weight", "seed: weight", "seed is no factor of imported runs"),
    "unknown column of a factor": ("dataset: data", "dataset: dat", "unknown column 'dat' (did you mean 'data'?"),
    "unknown column of levels": ("column: method", "column: metod", "unknown column 'metod' (did you mean 'method'?"),
    "unknown column of a metric": ("{fid: FID}", "{fid: FDI}", "unknown column 'FDI' (did you mean 'FID'?)"),
    "unknown column of runs": ("run: id", "run: di", "unknown column 'di' (did you mean 'id'?)"),
    "unknown metric": ("{fid: FID}", "{fdi: FID}", "unknown metric 'fdi' (did you mean 'fid'?)"),
    "unknown kind": ("  prior:", "  pior:", "unknown value of part 'pior' (did you mean 'prior'?)"),
    "unknown answer": ("answers: [probe_svm, fid]", "answers: [fid, svm]", "unknown metric 'svm'"),
    "unknown baseline": ("baseline: {ssl: none}", "baseline: {ssl: bt}", "unknown level of ssl 'bt'"),
    "baseline of no factor": ("baseline: {ssl: none}", "baseline: {sl: none}", "unknown factor 'sl'"),
    "unknown key of a factor": ("levels: {none", "level: {none", "unknown key 'level' (did you mean 'levels'?)"),
    "no column": ("  dataset: data", "  dataset: 3", "must be a column, or a mapping with column and levels"),
    "a path for a name": ("sweep: theirs", "sweep: ../theirs", "must be letters, digits, - and _"),
    "nothing": ("run: id", "run:", "run = None: must be the column that tells runs apart"),
    "metrics of a kind": ("  prior: {fid: FID}", "  prior: FID", "must be a mapping from metrics to columns"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_is_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    before, after, part = MISTAKES[name]
    text = MAPPING.replace(before, after)
    line = next(place for place, words in enumerate(text.splitlines(), start=1) if after in words)
    with pytest.raises(NcvqError) as caught:
        mapped(tmp_path, mapping=text)
    message = str(caught.value)
    assert part in message
    assert message.startswith(f"{tmp_path / 'map.yaml'}:{line}: ")
    assert "\n" not in message


@pytest.mark.parametrize("key", ["sweep", "run", "factors", "metrics"])
def test_what_is_needed_is_said(key: str, tmp_path: Path) -> None:
    kept, dropping = [], False
    for line in MAPPING.splitlines():
        dropping = line.startswith(f"{key}:") or (dropping and line.startswith(" "))
        kept += [] if dropping else [line]
    with pytest.raises(NcvqError, match=f"map.yaml:1: {key} is missing"):
        mapped(tmp_path, mapping="\n".join(kept))


# (line 3 of the table, part of the message)
BAD_LINES = {
    "too few values": ("x,encoder,D0,bt", "4 values, but the head names 8 columns"),
    "no number": ("x,encoder,D0,bt,0.1,high,0.1,", "acc = 'high': must be a number"),
    "no level": (
        "x,encoder,D0,btt,0.1,0.5,0.1,",
        "unknown level of method 'btt' (did you mean 'bt'?); valid: bt, none",
    ),
    "a weight in words": ("x,encoder,D0,bt,small,0.5,0.1,", "weight = 'small': must be a number"),
    "no dataset": ("x,encoder,,bt,0.1,0.5,0.1,", "data is empty, but each run needs its dataset"),
    "no id": (",encoder,D0,bt,0.1,0.5,0.1,", "id is empty, but tells runs apart"),
    "the same id": ("e0none0,encoder,D0,bt,0.1,0.5,0.1,", "id 'e0none0' is that of"),
    "a quote too many": ('x,encoder,"D0"D,bt,0.1,0.5,0.1,', "not valid CSV"),
}


@pytest.mark.parametrize("name", list(BAD_LINES))
def test_a_bad_line_of_the_table_is_named(name: str, tmp_path: Path) -> None:
    line, part = BAD_LINES[name]
    lines = runs_text().splitlines()
    with pytest.raises(ImportingError) as caught:
        mapped(tmp_path, "\n".join([*lines[:2], line, *lines[2:]]))
    assert part in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'runs.csv'}:3: ")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty; its first line must name the columns"),
        (HEAD, "no runs, only the names of columns"),
        (HEAD.replace("acc", "id"), "runs.csv:1: column 'id' is there twice"),
        (HEAD.replace("acc", ""), "runs.csv:1: column 6 has no name"),
    ],
)
def test_a_table_without_sense_is_refused(text: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(ImportingError, match=part):
        mapped(tmp_path, text)


def test_a_value_with_a_line_end_moves_no_line_number(tmp_path: Path) -> None:
    lines = runs_text().splitlines()
    with pytest.raises(ImportingError, match=r"runs\.csv:4: "):
        mapped(tmp_path, "\n".join([lines[0], '"a\nb",encoder,D0,bt,0.1,0.5,0.1,', "short", *lines[1:]]))


def test_an_unknown_mapping_lists_those_that_come_with_the_package() -> None:
    with pytest.raises(ImportingError, match=r"no mapping 'publisched'.*published-csv"):
        read_mapping("publisched")


@pytest.mark.parametrize("name", shipped_mappings())
def test_each_mapping_of_the_package_can_be_read(name: str) -> None:
    assert read_mapping(name).sweep


def test_levels_are_typed_and_ordered_and_kinds_apart(tmp_path: Path) -> None:
    found = mapped(tmp_path)
    assert found.factors == {"dataset": ["D0", "D1"], "ssl": ["none", "barlowtwins"], "aug_recon_weight": [0.1]}
    assert len({row["trial_id"] for row in found.rows}) == len(found.rows) == 32
    kinds = {row["run_kind"]: row.keys() & {"probe_svm", "val_loss", "fid"} for row in found.rows}
    assert kinds == {"encoder": {"probe_svm", "val_loss"}, "prior": {"fid"}}
    assert found.left_out == {}


def test_runs_of_other_kinds_are_left_out_and_counted(tmp_path: Path) -> None:
    found = mapped(tmp_path, mapping=MAPPING.replace("  prior: {fid: FID}\n", ""))
    assert found.left_out == {"prior": 16}
    assert len(found.rows) == 16
