"""Every mistake in a sweep file gives one line with the file, the line number and the way out."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncvq_core.config import field_names
from ncvq_core.errors import DataError, NcvqError
from orchestrator.sweepfile.belief import read_belief
from orchestrator.sweepfile.expand import expand
from orchestrator.sweepfile.factors import read_factors
from orchestrator.sweepfile.profiles import check_profiles, profile_names, with_profile
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sections import check_sections, read_design
from orchestrator.sweepfile.sweep import SweepError
from orchestrator.sweepfile.yaml_lines import Source

HEAD = "description: a test\nbase: {dataset: GunPoint}\n"
BELIEF = """\
description: a test
base: {augmentations: [flip]}
factors:
  dataset: [A, B, C]
  ssl: [none, vicreg]
belief:
"""

# (text, part of the message); the comment "# !" stands on the line that the message must name.
MISTAKES = {
    "unknown key": ("description: x\nfactor: {} # !\n", "unknown key 'factor' (did you mean 'factors'?); valid: "),
    "unknown setting": ("description: x\nbase:\n  dataset: A\n  epoch: 3 # !\n", "did you mean 'epochs'?"),
    "unknown factor": (
        HEAD + "factors:\n  seed: [0]\n  sead: [1] # !\n",
        "unknown factor 'sead' (did you mean 'seed'?",
    ),
    "unknown method": (HEAD + "factors:\n  ssl:\n  - none\n  - barlow # !\n", "did you mean 'barlowtwins'?"),
    "unknown augmentation": (
        HEAD + "factors:\n  ssl: [vibcreg]\n  augmentations:\n    a: [flip]\n    b: [flop] # !\n",
        "unknown augmentation 'flop' (did you mean 'flip'?)",
    ),
    "unknown parameter": (
        HEAD + "factors:\n  ssl: [vibcreg]\n  augmentations:\n    - [flip]\n    - [slope: {maximum: 1}] # !\n",
        "unknown parameter of slope 'maximum'",
    ),
    "parameter out of range": (
        HEAD + "factors:\n  augmentations: {a: [slope: {maximum_slope: -1}]} # !\n",
        "slope.maximum_slope = -1: must be a number ≥ 0",
    ),
    "wrong type in base": (
        "description: x\nbase:\n  dataset: A\n  epochs: many # !\n",
        "epochs = 'many': must be an int",
    ),
    "wrong type in a factor": (
        HEAD + "factors:\n  epochs:\n    - 3\n    - 1e3 # !\n",
        "epochs = 1000.0: must be an int",
    ),
    "wrong type in a labelled factor": (HEAD + "factors:\n  epochs:\n    few: 3\n    many: x # !\n", "epochs = 'x'"),
    "out of range": (HEAD + "factors:\n  seed:\n  - 0\n  - -1 # !\n", "seed = -1: must be an integer ≥ 0"),
    "not a number": (HEAD + "factors:\n  learning_rate: [1e-3, .nan] # !\n", "learning_rate = nan"),
    "bad value without effect": ("description: x\nbase:\n  dataset: A\n  ssl_weight: -1 # !\n", "ssl_weight = -1"),
    "level twice": (HEAD + "factors:\n  seed:\n  - 0\n  - 1\n  - 0 # !\n", "level 0 repeats level 0"),
    "1 and 1.0": (HEAD + "factors:\n  ssl_weight:\n  - 1\n  - 1.0 # !\n", "level 1.0 repeats level 1"),
    "labels of one value": (
        HEAD + "factors:\n  augmentations:\n    a: [flip]\n    b: [flip] # !\n",
        "level 'b' repeats level 'a'",
    ),
    "labels of one effective value": (
        HEAD
        + "factors:\n  ssl: [vibcreg]\n  augmentations:\n    a: [slope]\n    b: [slope: {maximum_slope: 5e-3}] # !\n",
        "levels 'a' and 'b' give the same trial",
    ),
    "default spelled out": (
        "description: x\nbase: {dataset: A, ssl: barlowtwins, augmentations: [flip]}\n"
        "factors:\n  ssl_weight:\n  - null\n  - 1.0 # !\n",
        "levels 'null' and 1.0 give the same trial",
    ),
    "null as a label": (HEAD + "factors:\n  seed:\n    null: 3 # !\n", "label other than null"),
    "duplicate key": (HEAD + "factors:\n  seed: [0]\n  seed: [1] # !\n", "key 'seed' appears twice"),
    "duplicate section": (HEAD + "base: {} # !\n", "key 'base' appears twice"),
    "empty factor": (HEAD + "factors:\n  seed: [] # !\n", "factor seed has no levels"),
    "factor that is no list": (HEAD + "factors:\n  seed: 3 # !\n", "seed = 3: must be a list of levels"),
    "baseline of unknown factor": (HEAD + "factors: {seed: [0]}\nbaseline:\n  ssl: none # !\n", "unknown factor 'ssl'"),
    "baseline of unknown level": (
        HEAD + "factors:\n  ssl: [none]\nbaseline:\n  ssl: nonne # !\n",
        "unknown level of ssl 'nonne' (did you mean 'none'?)",
    ),
    "zip of unequal lengths": (
        HEAD + "factors:\n  seed: [0, 1]\n  epochs: [1, 2, 3]\nzip:\n  - [seed, epochs] # !\n",
        "equal numbers of levels: seed has 2, epochs has 3",
    ),
    "zip of unknown factor": (
        HEAD + "factors: {seed: [0]}\nzip:\n- - seed\n  - epochs # !\n",
        "unknown factor 'epochs'",
    ),
    "baseline without factors": (HEAD + "baseline: {ssl: none} # !\n", "the sweep has no factors"),
    "zip without factors": (HEAD + "zip: [[seed, epochs]] # !\n", "the sweep has no factors"),
    "zip of a list": (HEAD + "factors: {seed: [0]}\nzip:\n- - seed\n  - [seed] # !\n", "unknown factor ['seed']"),
    "zip of one": (HEAD + "factors: {seed: [0]}\nzip:\n- [seed] # !\n", "at least two factors"),
    "factor in two zips": (
        HEAD + "factors: {seed: [0], epochs: [1], channels: [8]}\nzip:\n- [seed, epochs]\n- [channels, seed] # !\n",
        "factor seed is zipped twice",
    ),
    "exclude unknown factor": (HEAD + "factors: {seed: [0]}\nexclude:\n- epochs: 1 # !\n", "unknown factor 'epochs'"),
    "exclude unknown level": (
        HEAD + "factors: {seed: [0, 1]}\nexclude:\n- seed: 0\n- seed:\n  - 1\n  - 7 # !\n",
        "unknown level of seed 7; valid: 0, 1",
    ),
    "exclude nothing": (HEAD + "factors: {seed: [0, 1]}\nexclude:\n- {} # !\n", "must be a mapping from factors"),
    "exclude no level": (HEAD + "factors: {seed: [0, 1]}\nexclude:\n- seed: [] # !\n", "must be a level or a list"),
    "where unknown factor": (HEAD + "factors: {seed: [0]}\nwhere:\n- epochs: 1 # !\n", "unknown factor 'epochs'"),
    "where unknown level": (HEAD + "factors: {seed: [0]}\nwhere:\n- seed: 1 # !\n", "unknown level of seed 1"),
    "exclude all": (HEAD + "factors: {seed: [0, 1]}\nexclude: # !\n- seed: [0, 1]\n", "exclude leaves no cell"),
    "where all excluded": (
        HEAD + "factors: {seed: [0, 1]}\nwhere: [{seed: 0}]\nexclude: [{seed: 0}] # !\n",
        "exclude leaves no cell",
    ),
    "where that contradicts itself": (
        HEAD + "factors: {seed: [0, 1], epochs: [1, 2]}\nzip: [[seed, epochs]]\nwhere: [{seed: 0, epochs: 2}] # !\n",
        "where leaves no cell",
    ),
    "factor in base too": (
        "description: x\nbase:\n  dataset: A\n  seed: 0 # !\nfactors:\n  seed: [0, 1]\n",
        "seed is a factor too: remove it from base, or from factors",
    ),
    "ssl without augmentations": (
        HEAD + "factors:\n  ssl:\n  - none\n  - barlowtwins # !\n",
        "an SSL method needs at least one augmentation",
    ),
    "empty set with ssl": (
        HEAD + "factors:\n  ssl: [none, vicreg]\n  augmentations:\n    some: [flip]\n    nothing: [] # !\n",
        "an SSL method needs at least one augmentation",
    ),
    "set that is no list": (HEAD + "factors:\n  augmentations: [flip] # !\n", "augmentations = 'flip': must be a list"),
    "fails in combination": (
        "description: x\nbase:\n  dataset: A\n  evaluate_every: 5 # !\nfactors:\n  val_fraction: [0.2, 0.0]\n",
        "evaluate_every needs val_fraction > 0",
    ),
    "no dataset": ("description: x\nbase: # !\n  epochs: 3\n", "dataset is missing"),
    "unknown dataset": (
        "description: x\nfactors:\n  dataset:\n  - GunPoint\n  - GumPoint # !\n",
        "no dataset 'GumPoint'",
    ),
    "unknown dataset in base": ("description: x\nbase:\n  dataset: GumPoint # !\n", "no dataset 'GumPoint'"),
    "no description": ("base: {dataset: A} # !\n", "description is missing"),
    "empty description": ("base: {dataset: A}\ndescription: '' # !\n", "description is missing"),
    "description is no text": ("description: 5 # !\n", "description = 5: must be text"),
    "base is no mapping": ("description: x\nbase: [1] # !\n", "base = [1]: must be a mapping"),
    "factors is no mapping": (HEAD + "factors: [seed] # !\n", "factors = ['seed']: must be a mapping"),
    "empty section": (HEAD + "factors: # !\n", "factors = None: must be a mapping"),
    "syntax": (HEAD + "factors:\n  seed: 0: 1 # !\n", "not valid YAML: mapping values are not allowed here"),
    "tab": (HEAD + "factors:\n\tseed: [0] # !\n", "not valid YAML: found character"),
    "control character": (HEAD + "factors: \x01 # !\n", "not valid YAML: a control character (0x01)"),
    "two documents": (HEAD + "--- # !\na: 1\n", "not valid YAML: but found another document"),
    "undefined alias": (HEAD + "factors: *x # !\n", "undefined alias"),
    "recursive alias": (HEAD + "factors: &x\n  seed: *x # !\n", "an alias inside what it stands for"),
    "list as a key": (HEAD + "factors:\n  ? [1] # !\n  : 2\n", "a key must be a word or a number"),
    "date": (HEAD + "factors: {dataset: [2001-01-01]} # !\n", "put quotes around text"),
    "tag": (HEAD + "factors: {seed: !seeds [0]} # !\n", "use no tags"),
    "false tag": (HEAD + "factors: {seed: !!bool 7} # !\n", "7 is not a valid bool"),
    "empty file": ("", "the file is empty"),
    "only a comment": ("# ! nothing here\n", "the file is empty"),
    "not a mapping": ("- a # !\n- b\n", "must be a mapping with the keys description, base, "),
    "belief of no factor": (BELIEF + "  sll: {none: [A], vicreg: [B]} # !\n", "belief 'sll' (did you mean 'ssl'?)"),
    "belief of datasets": (
        BELIEF + "  dataset: {A: [A], B: [B]} # !\n",
        "unknown factor of a belief 'dataset'; valid: ssl",
    ),
    "belief without datasets": (
        "description: x\nbase: {dataset: A}\nfactors: {ssl: [none, simsiam], augmentations: [[flip]]}\n"
        "belief:\n  ssl: {none: [A]} # !\n",
        "unknown factor 'dataset'",
    ),
    "belief in one level": (BELIEF + "  ssl: {none: [A]} # !\n", "must be a mapping from two of its levels"),
    "belief that is a list": (BELIEF + "  ssl: [none, vicreg] # !\n", "must be a mapping from two of its levels"),
    "belief in an unknown level": (
        BELIEF + "  ssl:\n    none: [A]\n    vicrag: [B] # !\n",
        "unknown level of ssl 'vicrag' (did you mean 'vicreg'?)",
    ),
    "belief about an unknown dataset": (
        BELIEF + "  ssl:\n    none: [A]\n    vicreg:\n    - B\n    - D # !\n",
        "unknown level of dataset 'D'",
    ),
    "belief about no dataset": (BELIEF + "  ssl:\n    none: [A]\n    vicreg: [] # !\n", "must be a list of datasets"),
    "belief about a word": (BELIEF + "  ssl:\n    none: [A]\n    vicreg: B # !\n", "must be a list of datasets"),
    "belief about a dataset twice": (
        BELIEF + "  ssl:\n    none: [A, B]\n    vicreg:\n    - C\n    - B # !\n",
        "dataset B stands there twice",
    ),
    "belief of another kind": (
        "description: x\nbase: {dataset: A}\nbelief: [ssl] # !\n",
        "belief = ['ssl']: must be a",
    ),
    "profiles of another kind": (HEAD + "profiles: small # !\n", "profiles = 'small': must be a mapping"),
    "profile without settings": (HEAD + "profiles:\n  small: # !\n", "profile small = None: must be a mapping"),
    "profile with a name like a hash": (HEAD + "profiles:\n  deadbeef: {epochs: 3} # !\n", "name of a profile must be"),
    "profile with a number as name": (HEAD + "profiles:\n  1: {epochs: 3} # !\n", "name of a profile must be"),
    "profile with a path as name": (HEAD + "profiles:\n  a/b: {epochs: 3} # !\n", "name of a profile must be"),
    "profile with an unknown setting": (
        HEAD + "profiles:\n  small:\n    epochs: 3\n    chanels: 8 # !\n",
        "unknown setting 'chanels' (did you mean 'channels'?)",
    ),
    "profile with a wrong value": (
        HEAD + "profiles:\n  small:\n    epochs: 0 # !\n",
        "epochs = 0: must be an integer ≥ 1 (with profile small)",
    ),
    "profile with a wrong level": (
        HEAD + "factors: {seed: [0, 1]}\nprofiles:\n  small:\n    seed:\n    - 0\n    - x # !\n",
        "seed = 'x': must be an integer ≥ 0 and ≤ 2.14748e+09 (with profile small)",
    ),
    "profile with one level for a factor": (
        HEAD + "factors: {seed: [0, 1]}\nprofiles:\n  small:\n    seed: 0 # !\n",
        "seed = 0: must be a list of levels",
    ),
    "profile that breaks a zip": (
        HEAD + "factors: {seed: [0, 1], epochs: [3, 4]}\nzip:\n- [seed, epochs] # !\nprofiles:\n  small: {seed: [0]}\n",
        "zipped factors need equal numbers of levels: seed has 1, epochs has 2 (with profile small)",
    ),
}


def check_dataset(name: str) -> None:
    if name == "GumPoint":
        raise DataError(f"no dataset {name!r}")


@pytest.mark.parametrize(("text", "fragment"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_names_file_and_line(tmp_path: Path, text: str, fragment: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    line = next((number for number, line in enumerate(text.splitlines(), 1) if "# !" in line), 1)
    with pytest.raises(SweepError) as caught:
        load_sweep(path, check_dataset=check_dataset)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(HEAD.encode() + "# Größe".encode("latin-1"))
    with pytest.raises(SweepError, match=r"latin.yaml:3: not UTF-8 text"):
        load_sweep(path)


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_text(HEAD, encoding="utf-8-sig")
    assert len(load_sweep(path).cells) == 1


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="cannot be read: Is a directory"):
        load_sweep(tmp_path)


@pytest.mark.parametrize("name", ["quikstart", "quikstart.yaml", "nowhere/quikstart"])
def test_unknown_name_lists_valid_names_nearest_first(name: str) -> None:
    with pytest.raises(SweepError, match=r"unknown sweep .*valid: quickstart, .*or give the path of a \.yaml file"):
        load_sweep(name)


def test_errors_belong_to_the_tree() -> None:
    assert issubclass(SweepError, NcvqError)


SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 300) | st.floats() | st.sampled_from(["none", "vicreg", "flip", ""])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=2), max_leaves=6
)


SECTIONS = ["baseline", "zip", "exclude", "where", "base"]
SIDES = st.dictionaries(SCALARS, st.lists(SCALARS, max_size=2), max_size=3)


@given(
    factors=st.dictionaries(st.sampled_from(["dataset", "ssl", "seed"]), st.lists(SCALARS, min_size=1, max_size=3)),
    belief=st.dictionaries(st.sampled_from(["ssl", "dataset", "x"]), SIDES | VALUES) | VALUES,
    profiles=st.dictionaries(
        st.sampled_from(["small", 1]), st.dictionaries(st.sampled_from(field_names()), VALUES) | VALUES
    ),
)
def test_any_belief_and_profile_is_read_or_a_sweep_error(factors: dict[str, Any], belief: Any, profiles: Any) -> None:
    data = {"description": "x", "factors": factors, "belief": belief, "profiles": profiles}
    source = Source(data=data, origins={(): "file:1"})
    try:
        check_sections(source)
        check_profiles(source)
        levels = read_factors(source, {})
        for sides in read_belief(source, levels).values():
            assert len(sides) == 2
        for name in profile_names(source):
            read_factors(with_profile(source, levels, name), levels)
    except SweepError as error:
        assert str(error).startswith("file:1: ")  # noqa: PT017 (either outcome is right)


@given(
    base=st.dictionaries(st.sampled_from(field_names()), VALUES),
    factors=st.dictionaries(st.sampled_from(field_names()), VALUES, max_size=3),
    sections=st.dictionaries(st.sampled_from(SECTIONS), VALUES),
)
def test_any_value_gives_cells_or_a_sweep_error(
    base: dict[str, Any], factors: dict[str, Any], sections: dict[str, Any]
) -> None:
    data = {"description": "x", "base": {"dataset": "A", **base}, "factors": factors, **sections}
    source = Source(data=data, origins={(): "file:1"})
    try:
        check_sections(source)
        levels = read_factors(source, {})
        selected, cells, _ = expand(source, read_design(source, levels, levels), None)
    except SweepError as error:
        assert str(error).startswith("file:1: ")  # noqa: PT017 (either outcome is right)
    else:
        assert 1 <= len(cells) <= selected
