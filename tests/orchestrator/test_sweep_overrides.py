"""--set replaces settings and levels, and a wrong one is blamed on --set."""

from pathlib import Path
from typing import Any

import pytest

from ncvq_core.errors import DataError
from orchestrator.sweepfile.read import load_sweep, parse_set
from orchestrator.sweepfile.sweep import Sweep, SweepError

DESIGN = """\
description: overrides
base: {dataset: A, epochs: 3}
factors:
  ssl: [none, barlowtwins, vibcreg]
  augmentations: {warp: [window_warp, amplitude_resize], slice: [slice_and_shuffle]}
  seed: [0, 1]
baseline: {ssl: none}
exclude:
  - {ssl: barlowtwins, augmentations: slice}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "design.yaml"
    file.write_text(DESIGN)
    return file


def labels(sweep: Sweep) -> dict[str, list[Any]]:
    return {factor.name: [level.label for level in factor.levels] for factor in sweep.factors}


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("epochs=5", ("epochs", 5)),
        ("learning_rate=1e-3", ("learning_rate", 0.001)),
        ("seed=[0, 1]", ("seed", [0, 1])),
        ("ssl=none", ("ssl", "none")),
        (" ssl_weight = null", ("ssl_weight", None)),
        ("dataset='a=b'", ("dataset", "a=b")),
        ("augmentations={a: [flip]}", ("augmentations", {"a": ["flip"]})),
    ],
)
def test_parse_set(text: str, parsed: tuple[str, Any]) -> None:
    assert parse_set(text) == parsed


@pytest.mark.parametrize("text", ["epochs", "epochs=", "=5", ""])
def test_parse_set_needs_key_and_value(text: str) -> None:
    with pytest.raises(SweepError, match=r"^--set .*write it as key=value"):
        parse_set(text)


def test_parse_set_refuses_bad_yaml() -> None:
    with pytest.raises(SweepError, match=r"^--set seed=\[0: not valid YAML: expected"):
        parse_set("seed=[0")


def test_base_value_is_replaced_or_added(path: Path) -> None:
    sweep = load_sweep(path, {"epochs": 7, "channels": 16})
    assert {(cell.config.stage1.epochs, cell.config.stage1.channels) for cell in sweep.cells} == {(7, 16)}
    assert sweep.base == {"dataset": "A", "epochs": 7, "channels": 16}


def test_override_gives_the_ids_of_the_written_file(path: Path) -> None:
    changed = load_sweep(path, {"epochs": 7, "seed": [0, 1, 2]})
    path.write_text(DESIGN.replace("epochs: 3", "epochs: 7").replace("[0, 1]", "[0, 1, 2]"))
    assert load_sweep(path) == changed


def test_levels_are_replaced(path: Path) -> None:
    sweep = load_sweep(path, {"seed": [4, 5, 6]})
    assert labels(sweep)["seed"] == [4, 5, 6]
    assert len(sweep.cells) == (1 + 1 + 2) * 3


def test_factor_is_pinned_to_one_level(path: Path) -> None:
    sweep = load_sweep(path, {"ssl": "vibcreg", "seed": 1})
    assert [cell.levels for cell in sweep.cells] == [
        {"ssl": "vibcreg", "augmentations": "warp", "seed": 1},
        {"ssl": "vibcreg", "augmentations": "slice", "seed": 1},
    ]


def test_labels_of_the_file_mean_its_levels(path: Path) -> None:
    one = load_sweep(path, {"augmentations": "slice"})
    assert one.factors[1].levels[0].value == ["slice_and_shuffle"]
    both = load_sweep(path, {"augmentations": ["slice", ["flip"], "warp"]})
    assert labels(both)["augmentations"] == ["slice", "flip", "warp"]


def test_labelled_levels_are_replaced(path: Path) -> None:
    sweep = load_sweep(path, {"augmentations": {"mirror": ["flip"]}})
    assert labels(sweep)["augmentations"] == ["mirror"]


def test_baseline_that_was_set_away_is_dropped(path: Path) -> None:
    assert load_sweep(path, {"ssl": ["none", "vibcreg"]}).baseline == {"ssl": "none"}
    assert load_sweep(path, {"ssl": "vibcreg"}).baseline == {}


@pytest.mark.parametrize("written", ["wrap", ["warp", "wrap"], "Warp"])
def test_a_word_near_a_level_suggests_it(written: object) -> None:
    with pytest.raises(
        SweepError, match=r"must be a list of augmentations; did you mean the level 'warp'\? The sweep has "
    ):
        load_sweep("quickstart", {"augmentations": written})


def test_a_word_near_no_level_suggests_none() -> None:
    with pytest.raises(SweepError, match=r"must be a list of augmentations$"):
        load_sweep("quickstart", {"augmentations": "zzz"})


@pytest.mark.parametrize(
    ("key", "value", "fragment"),
    [
        ("epoch", 5, "unknown setting 'epoch' (did you mean 'epochs'?)"),
        ("description", "x", "unknown setting 'description'"),
        ("epochs", "many", "epochs = 'many': must be an integer ≥ 1"),
        ("epochs", [1, 2], "epochs = [1, 2]: must be an integer ≥ 1"),
        ("seed", [0, -1], "seed = -1: must be an integer ≥ 0"),
        ("seed", [0, 1, 0.0], "level 0 repeats level 0"),
        ("seed", True, "seed = True: must be an integer ≥ 0"),
        ("seed", [], "factor seed has no levels"),
        ("ssl", "vibcrag", "unknown ssl method 'vibcrag' (did you mean 'vibcreg'?)"),
        ("augmentations", ["flip"], "augmentations = 'flip': must be a list of augmentations"),
        ("dataset", "B", "no dataset 'B'"),
    ],
)
def test_wrong_override_is_blamed_on_set(path: Path, key: str, value: object, fragment: str) -> None:
    def check_dataset(name: str) -> None:
        if name == "B":
            raise DataError(f"no dataset {name!r}")

    with pytest.raises(SweepError) as caught:
        load_sweep(path, {key: value}, check_dataset)
    assert str(caught.value).startswith(f"--set {key}: ")
    assert fragment in str(caught.value)


def test_file_that_fails_only_with_an_override_names_both(path: Path) -> None:
    path.write_text(DESIGN + "where:\n  - ssl: vibcreg\n")
    with pytest.raises(SweepError, match=r"design.yaml:8: exclude leaves no cell \(with --set ssl\)"):
        load_sweep(path, {"ssl": "none"})


def test_zip_that_no_longer_fits_names_both(path: Path) -> None:
    path.write_text("description: x\nfactors: {dataset: [A, B], epochs: [1, 2]}\nzip: [[dataset, epochs]]\n")
    with pytest.raises(SweepError, match=r":3: .*dataset has 1, epochs has 2 \(with --set dataset\)"):
        load_sweep(path, {"dataset": "A"})
