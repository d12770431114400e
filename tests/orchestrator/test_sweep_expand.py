"""Which trials a sweep holds: the grid, its selection, its collapse, and stable ids."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncvq_core.config import TrialConfig, field_names
from orchestrator.sweepfile.expand import grid, is_selected, settings_without_effect
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Factor, Level, Sweep, sweep_record

Load = Callable[[str], Sweep]

SSL_DESIGN = """\
description: ssl
base: {dataset: A}
factors:
  ssl: [none, barlowtwins, vibcreg]
  augmentations: {warp: [window_warp, amplitude_resize], slice: [slice_and_shuffle]}
  aug_recon_weight: [0.05, 0.2]
  seed: [0, 1]
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str) -> Sweep:
        path = tmp_path / "design.yaml"
        path.write_text(text)
        return load_sweep(path)

    return load_text


def ids(sweep: Sweep) -> list[str]:
    return [cell.config.trial_id for cell in sweep.cells]


def combinations(sweep: Sweep) -> list[tuple[Any, ...]]:
    return [tuple(cell.levels.values()) for cell in sweep.cells]


def test_no_factors_is_one_trial(load: Load) -> None:
    sweep = load("description: one\nbase: {dataset: A, epochs: 3}\n")
    assert [cell.config for cell in sweep.cells] == [TrialConfig.from_dict({"dataset": "A", "epochs": 3})]
    assert sweep.cells[0].levels == {}


def test_equal_configs_are_one_trial(load: Load) -> None:
    sweep = load(SSL_DESIGN)
    assert sweep.grid_cells == 3 * 2 * 2 * 2
    assert len(sweep.cells) == (1 + 2 * 2 * 2) * 2
    assert len(set(ids(sweep))) == len(sweep.cells)


def test_levels_without_effect_are_none(load: Load) -> None:
    for cell in load(SSL_DESIGN).cells:
        without_effect = {name for name, label in cell.levels.items() if label is None}
        plain = cell.levels["ssl"] == "none"
        assert without_effect == ({"augmentations", "aug_recon_weight"} if plain else set())


def test_weight_spelled_as_the_default_keeps_its_label(load: Load) -> None:
    sweep = load(
        "description: x\nbase: {dataset: A, augmentations: [flip]}\n"
        "factors: {ssl: [none, barlowtwins], ssl_weight: [0.5, 1.0]}\n"
    )
    assert combinations(sweep) == [("none", None), ("barlowtwins", 0.5), ("barlowtwins", 1.0)]


def test_cells_hold_the_values_of_their_levels(load: Load) -> None:
    sweep = load(SSL_DESIGN)
    values = {factor.name: {level.label: level.value for level in factor.levels} for factor in sweep.factors}
    for cell in sweep.cells:
        written = {name: values[name][label] for name, label in cell.levels.items() if label is not None}
        assert cell.config == TrialConfig.from_dict({**sweep.base, **written})


def test_last_factor_varies_fastest(load: Load) -> None:
    sweep = load("description: x\nbase: {dataset: A}\nfactors: {epochs: [1, 2], seed: [5, 3]}\n")
    assert combinations(sweep) == [(1, 5), (1, 3), (2, 5), (2, 3)]


def test_labels_of_unlabelled_levels(load: Load) -> None:
    sweep = load(
        "description: x\nbase: {dataset: A, precision: fp32}\n"
        "factors:\n  ssl: [vicreg, {vicreg: {variance: 1}}]\n"
        "  augmentations: [[window_warp, amplitude_resize], [slope: {maximum_slope: 0.1}, flip]]\n"
        "  ssl_weight: [null, 1e-3]\n"
    )
    assert sweep_record(sweep)["factors"] == {
        "ssl": ["vicreg", "vicreg(variance=1)"],
        "augmentations": ["window_warp+amplitude_resize", "slope(maximum_slope=0.1)+flip"],
        "ssl_weight": ["null", 0.001],
    }


@pytest.mark.parametrize("written", ["1e-3", "1.0e-3", "0.001", "1E-3"])
def test_floats_may_have_exponents(load: Load, written: str) -> None:
    (cell,) = load(f"description: x\nbase: {{dataset: A, weight_decay: {written}}}\n").cells
    assert cell.config.stage1.weight_decay == 0.001


def test_words_of_yaml_1_1_stay_words(load: Load) -> None:
    sweep = load("description: x\nfactors: {dataset: [no, none, off, y], ssl: [none]}\n")
    assert [cell.config.stage1.dataset for cell in sweep.cells] == ["no", "none", "off", "y"]


def test_zip_moves_factors_together(load: Load) -> None:
    sweep = load(
        "description: x\nfactors: {dataset: [A, B, C], seed: [0, 1], epochs: [1, 2, 3]}\nzip: [[epochs, dataset]]\n"
    )
    zipped = zip("ABC", (1, 2, 3), strict=True)
    assert combinations(sweep) == [(name, seed, epochs) for name, epochs in zipped for seed in (0, 1)]


FACTORS: dict[str, list[Any]] = {"dataset": ["A", "B", "C"], "epochs": [1, 2], "seed": [0, 1, 2]}
SELECTOR = st.dictionaries(st.sampled_from(sorted(FACTORS)), st.lists(st.integers(0, 2), min_size=1), min_size=1).map(
    lambda picks: {
        name: [FACTORS[name][pick % len(FACTORS[name])] for pick in picked] for name, picked in picks.items()
    }
)


@given(where=st.lists(SELECTOR, max_size=3), exclude=st.lists(SELECTOR, max_size=3))
def test_selection_against_brute_force(where: list[dict[str, Any]], exclude: list[dict[str, Any]]) -> None:
    kept = []
    for cell in itertools.product(*FACTORS.values()):
        named = dict(zip(FACTORS, cell, strict=True))
        wanted = any(all(named[name] in entry[name] for name in entry) for entry in where) if where else True
        dropped = any(all(named[name] in entry[name] for name in entry) for entry in exclude)
        if wanted and not dropped:
            kept.append(cell)
    cells = [cell for cell in grid(factors_of(FACTORS), []) if is_selected(cell, where, exclude)]
    assert [tuple(level.value for level in cell.values()) for cell in cells] == kept


def test_selectors_take_a_label_or_several(load: Load) -> None:
    sweep = load(
        "description: x\nfactors: {dataset: [A, B, C], seed: [0, 1]}\n"
        "where:\n- dataset: [A, B]\n- {dataset: C, seed: 1}\nexclude:\n- {dataset: A, seed: 0}\n"
    )
    assert combinations(sweep) == [("A", 1), ("B", 0), ("B", 1), ("C", 1)]


def test_selection_comes_before_collapse(load: Load) -> None:
    sweep = load(SSL_DESIGN + "where: [{augmentations: warp, aug_recon_weight: 0.2}]\nexclude: [{seed: 1}]\n")
    assert combinations(sweep) == [
        ("none", None, None, 0),
        ("barlowtwins", "warp", 0.2, 0),
        ("vibcreg", "warp", 0.2, 0),
    ]


def factors_of(values: dict[str, list[Any]]) -> list[Factor]:
    return [
        Factor(name=name, levels=tuple(Level(label=value, value=value) for value in levels))
        for name, levels in values.items()
    ]


def levels_of(minimum: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(minimum, 50), min_size=1, max_size=3, unique=True)


GRIDS = st.fixed_dictionaries(
    {"dataset": st.just(["A", "B"])},
    optional={"seed": levels_of(0), "epochs": levels_of(1), "channels": levels_of(1), "batch_size": levels_of(2)},
)


@given(values=GRIDS, data=st.data())
def test_each_cell_of_a_grid_appears_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, list[Any]], data: st.DataObject
) -> None:
    names = data.draw(st.permutations(sorted(values)))
    path = tmp_path_factory.mktemp("grid") / "grid.yaml"
    path.write_text(json.dumps({"description": "x", "factors": {name: values[name] for name in names}}))
    sweep = load_sweep(path)
    assert combinations(sweep) == list(itertools.product(*(values[name] for name in names)))
    assert len(set(ids(sweep))) == len(sweep.cells) == sweep.grid_cells


def test_ids_do_not_depend_on_order(load: Load) -> None:
    head, _, factors = SSL_DESIGN.partition("factors:\n")
    turned = "factors:\n" + "\n".join(reversed(factors.splitlines())) + "\n" + head
    assert set(ids(load(turned))) == set(ids(load(SSL_DESIGN)))


def test_adding_a_level_or_a_default_keeps_ids(load: Load) -> None:
    old = set(ids(load(SSL_DESIGN)))
    assert old < set(ids(load(SSL_DESIGN.replace("[0, 1]", "[0, 1, 2]"))))
    assert old == set(ids(load(SSL_DESIGN.replace("dataset: A", "dataset: A, epochs: 1000"))))
    assert old == set(ids(load(SSL_DESIGN.replace("0.2]", "2.0e-1]"))))


def test_renaming_labels_keeps_ids(load: Load) -> None:
    assert ids(load(SSL_DESIGN.replace("warp: [", "stretched: ["))) == ids(load(SSL_DESIGN))


def test_without_effect_is_what_the_effective_config_leaves_empty() -> None:
    plain = TrialConfig.from_dict({"dataset": "A"})
    ssl_settings = {"augmentations", "band_augmentations", "aug_recon_weight", "ssl_weight", "projector_width"}
    assert settings_without_effect(plain) == ssl_settings
    byol = TrialConfig.from_dict({"dataset": "A", "ssl": "byol", "augmentations": ["flip"]})
    assert settings_without_effect(byol) == {"projector_width"}
    method = TrialConfig.from_dict({"dataset": "A", "ssl": "vibcreg", "augmentations": ["flip"]})
    assert settings_without_effect(method) == set()
    assert settings_without_effect(plain) < set(field_names())
