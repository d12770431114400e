"""Profiles and `--seeds`: the same question with other settings, levels and seeds."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.sweepfile.read import Changes, load_sweep
from orchestrator.sweepfile.sweep import Sweep, SweepError, sweep_record

DESIGN = """\
description: profiles
base: {epochs: 30}
factors:
  dataset: [A, B, C, D]
  ssl: [none, vibcreg]
  augmentations: {warp: [window_warp, amplitude_resize], slice: [slice_and_shuffle]}
  seed: [0, 1, 2, 3]
baseline: {ssl: none, dataset: A}
belief: {augmentations: {slice: [A, B], warp: [C, D]}}
exclude:
- {dataset: D, augmentations: slice}
profiles:
  small:
    dataset: [A, E]
    augmentations: [slice]
    epochs: 2
    channels: 8
  noisy: {augmentations: {noise: [gaussian_noise], warp: [flip]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "design.yaml"
    path.write_text(DESIGN)
    return path


def labels(sweep: Sweep, name: str) -> list[Any]:
    return next([level.label for level in factor.levels] for factor in sweep.factors if factor.name == name)


def seeds(sweep: Sweep) -> list[int]:
    return list(dict.fromkeys(cell.config.stage1.seed for cell in sweep.cells))


def trial_ids(sweep: Sweep) -> set[str]:
    return {cell.config.trial_id for cell in sweep.cells}


def test_a_profile_replaces_settings_and_levels(file: Path) -> None:
    sweep = load_sweep(file, Changes(profile="small"))
    assert (sweep.name, sweep.profile, sweep.profiles) == ("design-small", "small", ("small", "noisy"))
    assert labels(sweep, "dataset") == ["A", "E"]
    assert labels(sweep, "augmentations") == ["slice"]
    assert {(cell.config.stage1.epochs, cell.config.stage1.channels) for cell in sweep.cells} == {(2, 8)}
    assert sweep.cells[-1].config.to_dict()["augmentations"] == ["slice_and_shuffle"]
    assert sweep.baseline == {"ssl": "none", "dataset": "A"}
    assert len(sweep.cells) == 2 * 2 * 4
    assert not trial_ids(sweep) & trial_ids(load_sweep(file))


def test_without_a_profile_a_file_is_as_if_it_had_none(file: Path) -> None:
    sweep = load_sweep(file)
    file.write_text(DESIGN.partition("profiles:")[0])
    assert (sweep.name, sweep.profile) == ("design", None)
    assert load_sweep(file).cells == sweep.cells


def test_the_belief_stays_also_about_datasets_that_a_profile_lacks(file: Path) -> None:
    record = sweep_record(load_sweep(file, Changes(profile="small")))
    assert record["belief"] == {"augmentations": [["slice", ["A", "B"]], ["warp", ["C", "D"]]]}
    assert record["profile"] == "small"


def test_a_profile_may_bring_labels_of_its_own_and_set_comes_after_it(file: Path) -> None:
    sweep = load_sweep(file, Changes(profile="noisy", overrides={"augmentations": ["noise", "slice"], "epochs": 5}))
    assert labels(sweep, "augmentations") == ["noise", "slice"]
    names = {name for cell in sweep.cells for name in cell.config.to_dict()["augmentations"]}
    assert names == {"gaussian_noise", "slice_and_shuffle"}
    assert {cell.config.stage1.epochs for cell in sweep.cells} == {5}


@pytest.mark.parametrize(
    ("name", "words"), [("smal", "(did you mean 'small'?); valid: small, noisy"), ("x", "valid: ")]
)
def test_an_unknown_profile_lists_the_valid_ones(file: Path, name: str, words: str) -> None:
    with pytest.raises(SweepError) as caught:
        load_sweep(file, Changes(profile=name))
    assert str(caught.value).startswith(f"--profile {name}: unknown profile '{name}'")
    assert words in str(caught.value)


def test_a_sweep_without_profiles_says_so(file: Path) -> None:
    file.write_text(DESIGN.partition("profiles:")[0])
    with pytest.raises(SweepError, match="--profile small: unknown profile 'small': the sweep has none"):
        load_sweep(file, Changes(profile="small"))


@pytest.mark.parametrize(
    ("written", "count", "expected"),
    [
        ("[0, 1, 2, 3]", 2, [0, 1]),
        ("[0, 1, 2, 3]", 4, [0, 1, 2, 3]),
        ("[0, 1, 2, 3]", 6, [0, 1, 2, 3, 4, 5]),
        ("[7, 1]", 1, [7]),
        ("[7, 1]", 4, [7, 1, 0, 2]),
        ("{first: 0, second: 5}", 1, [0]),
        ("{first: 0, second: 5}", 3, [0, 5, 1]),
    ],
)
def test_seeds_are_the_first_and_then_the_smallest_new_ones(
    file: Path, written: str, count: int, expected: list[int]
) -> None:
    file.write_text(DESIGN.replace("[0, 1, 2, 3]", written))
    assert seeds(load_sweep(file, Changes(seeds=count))) == expected


@pytest.mark.parametrize(("base", "expected"), [("", [0, 1, 2]), ("seed: 5, ", [5, 0, 1])])
def test_seeds_of_a_sweep_that_varies_none(file: Path, base: str, expected: list[int]) -> None:
    file.write_text(DESIGN.replace("  seed: [0, 1, 2, 3]\n", "").replace("base: {", f"base: {{{base}"))
    sweep = load_sweep(file, Changes(seeds=3))
    assert seeds(sweep) == expected
    assert labels(sweep, "seed") == expected


def test_more_seeds_keep_the_trials_of_fewer(file: Path) -> None:
    assert trial_ids(load_sweep(file, Changes(seeds=2))) < trial_ids(load_sweep(file, Changes(seeds=5)))


def test_seeds_come_after_set_and_profile(file: Path) -> None:
    sweep = load_sweep(file, Changes(profile="small", overrides={"seed": [8, 9]}, seeds=1))
    assert seeds(sweep) == [8]


def test_seeds_that_are_zipped_are_blamed(file: Path) -> None:
    design = DESIGN.partition("profiles:")[0].replace("seed: [0, 1, 2, 3]", "seed: [0, 1]\n  batch_size: [4, 8]")
    file.write_text(f"{design}zip: [[seed, batch_size]]\n")
    with pytest.raises(SweepError, match=r"seed has 3, batch_size has 2 \(with --seeds\)"):
        load_sweep(file, Changes(seeds=3))
