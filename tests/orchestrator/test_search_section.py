"""The section `search`: what it reads, what it refuses and where, and which trials suggestions are."""

from pathlib import Path
from typing import Any

import pytest

from ncvq_core.errors import ConfigError
from orchestrator.cli.racing import Racing, read_chosen
from orchestrator.cli.terminal import Chosen
from orchestrator.sweepfile.read import Changes, load_sweep
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.space import Choice, Range
from orchestrator.sweepfile.sweep import SweepError

BASE = "dataset: ItalyPowerDemand, epochs: 4, val_fraction: 0.25, evaluate_every: 4"
CHANNELS = "{channels: [8, 16]}"
HEAD = f"description: a test\nbase: {{{BASE}}}\n"
WHOLE = f"""\
description: a test
base: {{{BASE}}}
factors: {{seed: [3, 4]}}
search:
  minimize: val_loss
  maximize: [probe_svm]
  budget: 5
  parameters:
    aug_recon_weight: {{range: [0, 1]}}
    ssl: [none, barlowtwins, vibcreg]
    augmentations:
      warp: [window_warp: {{window_fraction: {{range: [0.1, 0.6]}}}}, amplitude_resize]
      noise: [gaussian_noise: {{standard_deviation: {{range: [0.01, 1.0], log: true}}}}]
    ssl_weight: {{range: [0.1, 10], log: true, if: {{ssl: vibcreg}}}}
    channels: {{range: [8, 16]}}
    batch_size: {{choices: [16, 32]}}
"""


def searched(tmp_path: Path, text: str = WHOLE, **changes: Any) -> Search:
    path = tmp_path / "tuned.yaml"
    path.write_text(text, encoding="utf-8")
    search = load_sweep(path, Changes(**changes)).search
    assert search is not None
    return search


def test_ranges_and_choices_stand_anywhere_in_a_setting(tmp_path: Path) -> None:
    holes = {hole.name: hole for hole in searched(tmp_path).holes}
    ranges = {name: (h.low, h.high, h.log, h.integer) for name, h in holes.items() if isinstance(h, Range)}
    assert ranges == {
        "aug_recon_weight": (0, 1, False, False),
        "augmentations.warp.window_warp.window_fraction": (0.1, 0.6, False, False),
        "augmentations.noise.gaussian_noise.standard_deviation": (0.01, 1.0, True, False),
        "ssl_weight": (0.1, 10, True, False),
        "channels": (8, 16, False, True),
    }
    assert {name: [*h.options] for name, h in holes.items() if isinstance(h, Choice)} == {
        "ssl": ["none", "barlowtwins", "vibcreg"],
        "augmentations": ["warp", "noise"],
        "batch_size": [16, 32],
    }


def asked_with(search: Search, **picks: Any) -> set[str]:
    """The names that are asked for when some choices are picked, and the first of all others."""
    chosen = {"augmentations": "warp", "batch_size": 16, **picks}
    return set(search.compose(lambda hole: chosen.get(hole.name, getattr(hole, "low", None))).picked)


def test_what_has_no_effect_is_not_asked_for(tmp_path: Path) -> None:
    search = searched(tmp_path)
    always = {"ssl", "channels", "batch_size"}
    assert asked_with(search, ssl="none") == always
    view = always | {"augmentations", "aug_recon_weight"}
    warp, noise = (
        "augmentations.warp.window_warp.window_fraction",
        "augmentations.noise.gaussian_noise.standard_deviation",
    )
    assert asked_with(search, ssl="barlowtwins") == view | {warp}
    assert asked_with(search, ssl="barlowtwins", augmentations="noise") == view | {noise}
    assert asked_with(search, ssl="vibcreg") == view | {warp, "ssl_weight"}


def test_a_suggestion_is_a_trial_for_each_seed(tmp_path: Path) -> None:
    search = searched(tmp_path)
    fraction = "augmentations.warp.window_warp.window_fraction"
    drawn = {"ssl": "barlowtwins", "augmentations": "warp", fraction: 0.3, "aug_recon_weight": 0.2, "channels": 9}
    cells = search.cells_of({**drawn, "batch_size": 32, "ssl_weight": "never asked for"}, 7)
    assert [cell.config.stage1.seed for cell in cells] == [3, 4]
    written = cells[0].config.to_dict()
    assert written["augmentations"] == [{"window_warp": {"window_fraction": 0.3}}, "amplitude_resize"]
    assert (written["aug_recon_weight"], written["channels"], written["ssl_weight"]) == (0.2, 9, None)
    assert cells[0].levels == {"suggestion": 7, **drawn, "batch_size": 32, "seed": 3}


def test_a_search_is_the_same_with_another_budget_alone(tmp_path: Path) -> None:
    first = searched(tmp_path).study_id
    assert searched(tmp_path, WHOLE.replace("budget: 5", "budget: 50")).study_id == first
    others = [("[8, 16]", "[8, 17]"), ("[3, 4]", "[3]"), ("epochs: 4,", "epochs: 8,"), ("[probe_svm]", "[probe_knn]")]
    others += [("{ssl: vibcreg}", "{ssl: barlowtwins}"), ("budget: 5", "budget: 5\n  seed: 1")]
    assert len({first, *(searched(tmp_path, WHOLE.replace(*other)).study_id for other in others)}) == len(others) + 1
    assert searched(tmp_path, overrides={"dataset": "GunPoint"}).study_id != first


def test_a_profile_can_give_another_budget(tmp_path: Path) -> None:
    text = WHOLE + "profiles:\n  small: {budget: 2, epochs: 8}\n"
    small = searched(tmp_path, text, profile="small")
    assert (small.budget, small.base["epochs"], searched(tmp_path, text).budget) == (2, 8, 5)


def section(parameters: str = "{channels: {range: [8, 16]}}", more: str = "  minimize: val_loss\n") -> str:
    return f"{HEAD}search:\n{more}  budget: 2\n  parameters:\n    {parameters} # !\n"


MISTAKES = {
    "unknown key": (f"{HEAD}search:\n  budjet: 3 # !\n", "unknown key of a search 'budjet' (did you mean 'budget'?)"),
    "no parameters": (f"{HEAD}search:\n  minimize: val_loss\n  budget: 2\n  parameters: {{}} # !\n", "parameters = {}"),
    "no budget": (f"{HEAD}search: # !\n  minimize: val_loss\n  parameters: {CHANNELS}\n", "budget = None"),
    "budget of 0": (
        f"{HEAD}search:\n  minimize: val_loss\n  budget: 0 # !\n  parameters: {CHANNELS}\n",
        "budget = 0: must be an integer ≥ 1",
    ),
    "unknown sampler": (
        section().replace("  budget: 2\n", "  budget: 2\n  sampler: tpi # !\n").replace("]}} # !", "]}}"),
        "unknown sampler 'tpi' (did you mean 'tpe'?)",
    ),
    "too few for a generation": (
        section().replace("  budget: 2\n", "  sampler: nsga2\n  budget: 20 # !\n").replace("]}} # !", "]}}"),
        "budget = 20: nsga2 draws its first 20 suggestions at random",
    ),
    "nothing is better": (f"{HEAD}search: # !\n  budget: 1\n  parameters: {CHANNELS}\n", "minimize:"),
    "unknown objective": (
        f"{HEAD}search:\n  minimize: val_los # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "unknown objective 'val_los' (did you mean 'val_loss'?)",
    ),
    "measured on TEST": (
        f"{HEAD}search:\n  minimize: fid # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "fid is measured on TEST alone, which no search looks at",
    ),
    "ranks nothing": (
        f"{HEAD}search:\n  minimize: perplexity # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "perplexity ranks nothing",
    ),
    "wrong direction": (
        f"{HEAD}search:\n  minimize:\n  - val_loss\n  - probe_svm # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "minimize probe_svm: higher is better, so maximize it",
    ),
    "objective twice": (
        f"{HEAD}search:\n  minimize:\n  - val_loss\n  - val_loss # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "val_loss is there twice",
    ),
    "not comparable": (
        f"{HEAD}search:\n  minimize: val_loss # !\n  budget: 1\n  parameters: {{tokenizer: [stft, wavelet]}}\n",
        "val_loss does not mean the same across values of tokenizer; take recon_time",
    ),
    "no prior": (
        f"{HEAD}search:\n  minimize: validation_prior_loss # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "it needs stages: 2",
    ),
    "no validation part": (
        section().replace("val_fraction: 0.25, evaluate_every: 4", "seed: 0").replace("search:", "search: # !").replace(
            "]}} # !", "]}}"
        ),
        "set val_fraction in base",
    ),
    "not evaluated at the end": (
        section().replace("evaluate_every: 4}", "evaluate_every: 3} # !").replace("]}} # !", "]}}"),
        "set evaluate_every in base so that it divides epochs = 4",
    ),
    "unknown setting": (section("chanels: {range: [8, 16]}"), "unknown setting 'chanels' (did you mean 'channels'?)"),
    "in base too": (section("epochs: [4, 8]"), "epochs is in base too"),
    "fixed": (section("dataset: [A, B]"), "dataset is the same for all suggestions: write it in base"),
    "one value": (section("channels: 8"), "channels = 8: must be {range: [low, high]}, a list of choices"),
    "one choice": (section("channels: [8]"), "must be a list of at least two choices"),
    "choice twice": (section("channels: [8, 8]"), "choice 8 stands there twice"),
    "unknown key of a range": (section("channels: {range: [8, 16], logs: true}"), "unknown key of a range 'logs'"),
    "range of three": (section("channels: {range: [8, 16, 32]}"), "must be two numbers"),
    "range of words": (section("channels: {range: [few, many]}"), "must be two numbers"),
    "turned round": (section("channels: {range: [16, 8]}"), "the first must be the smaller one"),
    "log of 0": (section("learning_rate: {range: [0, 0.1], log: true}"), "both must be above 0"),
    "log is a word": (
        section("learning_rate: {range: [0.001, 0.1], log: very}"),
        "log = 'very': must be true or false",
    ),
    "range of a name": (section("ssl: {range: [0, 1]}"), "ssl has no range: list its choices"),
    "fractions of a whole": (section("channels: {range: [8, 16.5]}"), "it takes whole numbers alone"),
    "outside the setting's range": (section("learning_rate: {range: [-1, 0.1]}"), "learning_rate = -1.0: must be"),
    "unknown choice": (section("ssl: [none, barlow]"), "unknown ssl method 'barlow' (did you mean 'barlowtwins'?)"),
    "no effect without a method": (section("aug_recon_weight: {range: [0, 1]}"), "has no effect with ssl: none"),
    "condition on nothing": (
        section("channels: {range: [8, 16], if: {ssll: vicreg}}"),
        "unknown choice above this one 'ssll'",
    ),
    "factor beside": (
        f"{HEAD}factors:\n  channels: [8, 16] # !\nsearch: {{minimize: val_loss, budget: 1, parameters: {{}}}}\n",
        "the only factor beside search is seed",
    ),
    "baseline": (
        f"{HEAD}factors: {{seed: [0]}}\nbaseline: {{seed: 0}} # !\nsearch: {{minimize: val_loss, budget: 1}}\n",
        "a sweep with search has no baseline",
    ),
    "baseline of a parameter": (
        f"{HEAD}factors: {{seed: [0]}}\nbaseline: {{channels: 8}} # !\nsearch: {{minimize: val_loss, budget: 1}}\n",
        "a sweep with search has no baseline",
    ),
    "zip": (
        f"{HEAD}zip: [[channels, epochs]] # !\nsearch: {{minimize: val_loss, budget: 1}}\n",
        "a sweep with search has no zip",
    ),
    "answers": (
        f"{HEAD}answers: [val_loss] # !\nsearch: {{minimize: val_loss, budget: 1}}\n",
        "a sweep with search has no answers",
    ),
    "margins": (
        f"{HEAD}margins: {{val_loss: 0.1}} # !\nsearch: {{minimize: val_loss, budget: 1}}\n",
        "a sweep with search has no margins",
    ),
    "objective is a mapping": (
        f"{HEAD}search:\n  minimize: {{val_loss: 1}} # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "unknown objective {'val_loss': 1}",
    ),
    "objective is a list in a list": (
        f"{HEAD}search:\n  minimize: [[val_loss]] # !\n  budget: 1\n  parameters: {CHANNELS}\n",
        "unknown objective ['val_loss']",
    ),
    "no label in a condition": (
        f"{HEAD}search:\n  minimize: val_loss\n  budget: 1\n  parameters:\n    batch_size: [8, 16]\n"
        "    channels: {range: [8, 16], if: {batch_size: []}} # !\n",
        "batch_size = []: name at least one of 8, 16",
    ),
    "range to infinity": (section("learning_rate: {range: [0.1, .inf]}"), "both ends must be finite"),
    "range from infinity": (section("learning_rate: {range: [-.inf, 1]}"), "both ends must be finite"),
    "range of nothing": (section("learning_rate: {range: [.nan, 1]}"), "both ends must be finite"),
    "unknown key of a profile": (
        section().replace("]}} # !", "]}}") + "profiles:\n  small:\n    budgets: 3 # !\n",
        "unknown setting 'budgets' (did you mean 'budget'?)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: str, tmp_path: Path) -> None:
    text, words = MISTAKES[mistake]
    line = 1 + next(place for place, line in enumerate(text.splitlines()) if "# !" in line)
    with pytest.raises(SweepError) as caught:
        searched(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'tuned.yaml'}:{line}: "), message
    assert words in message, message
    assert "\n" not in message


def test_set_can_give_another_budget(tmp_path: Path) -> None:
    larger = searched(tmp_path, overrides={"budget": 50})
    assert (larger.budget, larger.study_id) == (50, searched(tmp_path).study_id)
    with pytest.raises(SweepError, match=r"^--set budget: budget = 0: must be an integer ≥ 1"):
        searched(tmp_path, overrides={"budget": 0})
    assert searched(tmp_path, overrides={"budget": 10_000}).budget == 10_000
    for huge in (10_001, 10**20):
        with pytest.raises(SweepError, match=rf"^--set budget: budget = {huge}: at most 10000 suggestions"):
            searched(tmp_path, overrides={"budget": huge})
    with pytest.raises(SweepError, match=r"^--set budget: unknown setting 'budget'"):
        load_sweep("quickstart", {"budget": 5})


def test_a_search_is_no_race(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="--until-decided: tune-augmentation-small is a search, which compares no levels"
    ):
        read_chosen(Racing(), "tune-augmentation", tmp_path, Chosen(profile="small"), None)
