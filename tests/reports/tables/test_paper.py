"""Tables for a paper as LaTeX, Markdown and CSV, with whatever text users give."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reports.metrics import metrics_with_data
from reports.read_store import Results, read_results
from reports.tables.latex import latex_table, parts_of
from reports.tables.latex_text import label, latex, width, wrapped
from reports.tables.markdown import markdown_table
from reports.tables.means import mean_and_sd, summary_table
from reports.tables.means_paper import means_tables
from reports.tables.paper import Entry, PaperTable
from reports.tables.write import csv_table, write_tables
from tests.reports.claims.sweeps import results_of
from tests.reports.statistics.examples import Example, cells

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

HOSTILE = [
    "A_B$x$", "a|b & 50%", "[3pt] x", "*star", r"\input{/etc/hostname} \\", "{}~^#--``''", "Wörter ß é", "αβγ ±µ ≤ −1",
    "<b>bold</b> &amp;", "x" * 90, "with spaces, commas - and a name that is long enough for several lines of a head",
    '"quoted" 100 %', "UWaveGestureLibraryAll",
]  # fmt: skip


def table_of(
    datasets: list[str], settings: list[str], seeds: int = 4, *, missing: int = -1
) -> tuple[Results, PaperTable]:
    design = Example(
        factors={"dataset": datasets, "variant": settings, "seed": [str(seed) for seed in range(seeds)]}
    )  # fmt: skip
    rows = cells(design)
    generator = np.random.default_rng(7)
    best = (rows["variant"] == settings[0]) * 0.2
    rows = rows.assign(probe_svm=0.7 + best + 0.01 * generator.normal(size=len(rows)), epochs=40, channels=32)
    results = results_of(rows.drop(index=missing) if missing >= 0 else rows, design)
    metrics = metrics_with_data(results.done)
    (table,) = means_tables(results, metrics, summary_table(results, metrics))
    return results, table


def test_settings_are_rows_and_datasets_columns_with_the_best_in_bold() -> None:
    results, table = table_of(["A", "B"], ["good", "bad"])
    summary = summary_table(results, metrics_with_data(results.done)).set_index(["variant", "dataset"])
    assert table.joined_heads == ["variant", "A", "B", "rank"]
    assert table.names == (("good",), ("bad",))
    for (name,), row in zip(table.names, table.entries, strict=True):
        assert row[-1].text == {"good": "1.00", "bad": "2.00"}[name]
        for dataset, entry in zip("AB", row[:-1], strict=True):
            expected = summary.loc[(name, dataset)]
            assert entry == Entry(text=mean_and_sd(expected["mean"], expected["sd"]), best=name == "good")
    assert r"good & \textbf{" in latex_table(table)
    assert "| good | **" in markdown_table(table)
    read = list(csv.reader(io.StringIO(csv_table(table))))
    assert read[0] == ["variant", "A", "B", "rank"]
    assert read[1][1].endswith(" *")
    assert not read[2][1].endswith("*")


def test_many_datasets_become_rows() -> None:
    _, table = table_of([f"Dataset{place}" for place in range(30)], ["a", "b", "c"])
    assert [name for (name,) in table.names] == [*(f"Dataset{place}" for place in range(30)), "rank"]
    assert table.joined_heads == ["variant", "a", "b", "c"]
    assert parts_of(table) == 1


def test_the_caption_says_n_epochs_and_what_bold_means() -> None:
    _, table = table_of(["A", "B"], ["good", "bad"])
    for words in ("higher is better", "over the seeds that all settings of a dataset have (n = 4)", "Bold: the best",
                  "40 epochs", "32 channels"):  # fmt: skip
        assert words in table.caption
    _, table = table_of(["A", "B"], ["good", "bad"], missing=0)
    assert "(n = 3 on A, else 4)" in table.caption
    assert not any(row[0].best for row in table.entries)
    assert any(row[1].best for row in table.entries)
    _, table = table_of(["A"], ["good", "bad"], seeds=2)
    assert "None is bold" in table.caption


def test_settings_without_any_value_are_named() -> None:
    results, _ = table_of(["A", "B"], ["good", "bad", "gone"])
    cells_of = results.cells.assign(probe_svm=results.cells["probe_svm"].where(results.cells["variant"] != "gone"))
    lacking = results_of(cells_of.drop(columns="recorded"), Example(factors=results.sweep.factors))
    metrics = metrics_with_data(lacking.done)
    (table,) = means_tables(lacking, metrics, summary_table(lacking, metrics))
    assert table.names == (("good",), ("bad",))
    assert "Not in the table, because no trial has a value: gone." in table.caption


def test_ranks_are_those_of_the_means_on_datasets_that_have_all_settings() -> None:
    results, table = table_of(["A", "B", "C"], ["good", "bad", "third"])
    summary = summary_table(results, metrics_with_data(results.done))
    wide = summary.pivot(index="dataset", columns="variant", values="mean")
    expected = wide.rank(axis=1, ascending=False).mean()
    assert {
        name: float(row[-1].text) for (name,), row in zip(table.names, table.entries, strict=True)
    } == pytest.approx(expected.round(2).to_dict())
    assert "Rank: average rank of the means, over the 3 datasets that have all settings" in table.caption
    gone = results.cells[(results.cells["dataset"] != "B") | (results.cells["variant"] != "bad")]
    fewer = results_of(gone.drop(columns="recorded"), Example(factors=results.sweep.factors))
    metrics = metrics_with_data(fewer.done)
    (table,) = means_tables(fewer, metrics, summary_table(fewer, metrics))
    assert "over the 2 datasets that have all settings" in table.caption
    expected = wide.drop(index="B").rank(axis=1, ascending=False).mean()
    assert float(table.entries[0][-1].text) == pytest.approx(expected["good"], abs=0.005)


def test_a_sweep_without_dataset_or_settings_has_a_table(writer: StoreWriter) -> None:
    writer.factors, writer.baseline = {"seed": [0, 1]}, {}
    for seed in (0, 1):
        writer.add({"seed": seed}, {"recon_time": 1.0 + seed, "dataset": "Alpha"})
    results = read_results(writer.finish(), "fixture")
    metrics = metrics_with_data(results.done)
    (table,) = means_tables(results, metrics, summary_table(results, metrics))
    assert [[entry.text for entry in row] for row in table.entries] == [["1.50 ± 0.71"]]


def test_a_factor_of_one_level_has_no_column_and_a_missing_level_a_dash(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    metrics = [metric for metric in metrics_with_data(results.done) if metric.name == "recon_time"]
    (table,) = means_tables(results, metrics, summary_table(results, metrics))
    assert table.corner == (("ssl", "augmentations", "aug_recon_weight"),)
    assert table.names[0] == ("none", "–", "–")
    assert table.names[1] == ("barlowtwins", "warp", "0.05")


@pytest.mark.parametrize(("levels", "datasets"), [(150, 30), (5, 4), (40, 13)])
def test_every_value_is_in_some_part_once(levels: int, datasets: int) -> None:
    settings, names = [f"level{place}" for place in range(levels)], [f"Dataset{place}" for place in range(datasets)]
    table = PaperTable(
        name="means_fid", sweep="big", caption="Invented.", corner=(("variant",),), heads=(tuple(names),),
        names=tuple((setting,) for setting in settings),
        entries=tuple(
            tuple(Entry(text=f"{place}.{column} ± 0.1") for column in range(datasets)) for place in range(levels)
        ),
    )  # fmt: skip
    text = latex_table(table)
    found = re.findall(r"(\d+\.\d+) \$\\pm\$", text)
    assert sorted(found) == sorted(f"{place}.{column}" for place, column in product(range(levels), range(datasets)))
    assert text.count(r"\caption{") == parts_of(table)
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == parts_of(table)
    assert ("longtable}{" in text) == (levels > 45)


def test_a_negative_number_has_a_minus_and_no_hyphen() -> None:
    table = PaperTable(
        name="means_fid", sweep="s", caption="Invented.", corner=(("a",),), heads=(("A-B", "-c"),), names=(("-x",),),
        entries=((Entry(text="-0.1 ± 0.2"), Entry(text="1.2e-05 ± 1e-06")),),
    )  # fmt: skip
    assert r"-x & $-$0.1 $\pm$ 0.2 & 1.2e-05 $\pm$ 1e-06 \\" in latex_table(table)


def test_latex_escapes_what_is_markup() -> None:
    assert latex(r"a_b & 5% $x$ #1 {y} ~ ^ \z") == (
        r"a\_b \& 5\% \$x\$ \#1 \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    assert latex("0.3 ± 0.1, −2 ≤ α") == r"0.3 $\pm$ 0.1, $-$2 $\leq$ $\alpha$"
    assert latex("a--b ``c''") == "a-{}-b `{}`c'{}'"
    assert latex("[2] *\nnext\tline") == "{[}2{]} {*} next line"
    assert label("we_ird $ 50%", "means_fid") == "tab:we-ird-50:means-fid"


@pytest.mark.parametrize("text", [*HOSTILE, "", " ", "量子データ集合" * 9])
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, 62)
    assert all(width(line) <= 62 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_markdown_escapes_what_is_markup() -> None:
    _, table = table_of(HOSTILE[:6], ["a|b", "*c*"])
    lines = markdown_table(table).splitlines()
    for line in lines[2:]:
        assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", lines[2]))
    assert r"a\|b" in "\n".join(lines)
    assert "a &amp;amp; b" in markdown_table(table_of(["A", "a &amp; b"], ["x", "y"])[1])


def test_tables_of_an_earlier_report_are_removed(tmp_path: Path) -> None:
    (tmp_path / "effects.csv").write_text("of a figure")
    (tmp_path / "means_of_mine.md").write_text("of a user")
    for names in (["good", "bad"], ["good", "bad"]):
        _, table = table_of(["A"], names)
        write_tables([table], tmp_path)
    (tmp_path / "means_fid.tex").write_text("old")
    (tmp_path / "means_fid.csv").write_text("old")
    (tmp_path / "means_context_fid.csv").write_text("old")
    write_tables([table], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "effects.csv", "means_of_mine.md", "means_probe_svm.csv", "means_probe_svm.md", "means_probe_svm.tex",
    ]  # fmt: skip


def six_factors() -> PaperTable:
    """A table of which the names of rows alone are wider than the page."""
    names = [tuple(f"{name} of factor {place}, 0.05" for place in range(6)) for name in ("first", "second")]
    return PaperTable(
        name="means_fid", sweep="six", caption="Invented: ä, 5 %, a_b.", corner=(tuple("abcdef"),), heads=(("A", "B"),),
        names=tuple(names), entries=((Entry(text="1.23e+05 ± 1.2e+04", best=True), Entry(text="–")),) * 2,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
@pytest.mark.parametrize(
    "sizes",
    [
        (HOSTILE, ["a", "b"]),
        (["A", "B", "C"], HOSTILE),
        (HOSTILE[:7], HOSTILE),
        ([f"D{i}" for i in range(60)], ["a"]),
        None,
    ],
)
def test_latex_compiles_and_no_line_is_too_wide(sizes: tuple[list[str], list[str]] | None, tmp_path: Path) -> None:
    body = latex_table(table_of(*sizes)[1] if sizes else six_factors())
    document = rf"\documentclass{{article}}\usepackage{{booktabs,longtable}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    command: list[Any] = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    log = (tmp_path / "paper.log").read_text(errors="replace")
    assert "Overfull" not in log
    assert "undefined" not in log
