"""A small table of another tool's runs, and its mapping. Every number in it is invented for the tests."""

from pathlib import Path

from orchestrator.importing.csv_file import read_csv
from orchestrator.importing.mapping import read_mapping
from orchestrator.importing.rows import Imported, map_rows

MAPPING = """\
sweep: theirs
description: runs of another tool
run: id
kind: part
factors:
  dataset: data
  ssl: {column: method, levels: {none: none, bt: barlowtwins}}
  aug_recon_weight: weight
baseline: {ssl: none}
answers: [probe_svm, fid]
metrics:
  encoder: {probe_svm: acc, val_loss: loss}
  prior: {fid: FID}
"""

HEAD = "id,part,data,method,weight,acc,loss,FID\n"


def runs_text(datasets: int = 2, runs: int = 4) -> str:
    """Two parts, two methods, and some runs of each setting; barlowtwins is 0.2 better, and of FID a half."""
    lines = []
    for dataset in range(datasets):
        for method, weight in (("none", ""), ("bt", "0.10")):
            for run in range(runs):
                acc = 0.5 + (0.2 if method == "bt" else 0.0) + 0.01 * run + 0.05 * dataset
                fid = (4 if method == "bt" else 8) * (1 + 0.01 * run)
                where = f"D{dataset},{method},{weight}"
                lines.append(f"e{dataset}{method}{run},encoder,{where},{acc:.3f},{0.1 + 0.01 * run:.3f},")
                lines.append(f"p{dataset}{method}{run},prior,{where},,,{fid:.3f}")
    return HEAD + "\n".join(lines) + "\n"


def write_runs(folder: Path, text: str | None = None, mapping: str = MAPPING) -> tuple[Path, Path]:
    """Write both files; returns the table and the mapping."""
    table, rules = folder / "runs.csv", folder / "map.yaml"
    table.write_text(runs_text() if text is None else text, encoding="utf-8")
    rules.write_text(mapping, encoding="utf-8")
    return table, rules


def mapped(folder: Path, text: str | None = None, mapping: str = MAPPING) -> Imported:
    """What both files become."""
    table, rules = write_runs(folder, text, mapping)
    return map_rows(read_csv(table), read_mapping(str(rules)))
