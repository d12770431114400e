"""Which parameters the objectives of a search go with: shares of variance, and what chance alone would give."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from orchestrator.store.search_results import Result, State
from orchestrator.store.searches import Suggestion
from reports.search import Objective, Searched, short_names
from reports.search_shares import ENOUGH, parameter_shares

LOSS = Objective(metric="val_loss", direction="minimize", stage="stage1", column="validation_val_loss")


def searched(count: int, value: Callable[[dict[str, object], np.random.Generator], float], seed: int = 0) -> Searched:
    """Random suggestions of a choice, a range and a range inside one of the choices."""
    rng, results = np.random.default_rng(seed), []
    for number in range(count):
        drawn: dict[str, object] = {"view": str(rng.choice(["slice", "noise", "warp"])), "weight": rng.uniform(0, 1)}
        if drawn["view"] == "noise":
            drawn["view.noise.strength"] = rng.uniform(0, 1)
        suggestion = Suggestion(number=number, drawn=drawn, trial_ids=(f"t{number}",), drawn_at="")
        results.append(Result(suggestion=suggestion, state=State.DONE, values=(value(drawn, rng),)))
    return Searched(
        objectives=(LOSS,),
        budget=count,
        sampler="random",
        pruner=None,
        parameters=dict.fromkeys(("view", "weight", "view.noise.strength"), ""),
        ranges=frozenset({"weight", "view.noise.strength"}),
        results=tuple(results),
    )


def test_what_matters_is_beyond_chance_wherever_its_optimum_is() -> None:
    found = parameter_shares(searched(40, lambda drawn, rng: (float(drawn["weight"]) - 0.5) ** 2))  # type: ignore[arg-type]
    rows = found.set_index("parameter")
    assert rows.loc["weight", "share"] > rows.loc["weight", "limit"]
    assert rows.loc["view", "share"] < rows.loc["view", "limit"]
    assert rows.loc["weight", "suggestions"] == 40


def test_the_share_of_choices_is_that_of_kruskal_and_wallis() -> None:
    search = searched(30, lambda drawn, rng: float(rng.normal()) + 2 * (drawn["view"] == "warp"))
    groups: dict[object, list[float]] = {}
    for result in search.results:
        groups.setdefault(result.suggestion.drawn["view"], []).append(result.values[0])
    share = parameter_shares(search).set_index("parameter").loc["view", "share"]
    assert share == pytest.approx(stats.kruskal(*groups.values()).statistic / 29)


def test_chance_alone_is_seldom_beyond_its_line() -> None:
    """In one search of 20, whichever parameter it is; 60 searches give 3 on average, and 9 once in a thousand times."""
    beyond = 0
    for seed in range(60):
        found = parameter_shares(searched(24, lambda drawn, rng: float(rng.normal()), seed))
        beyond += bool((found["share"] > found["limit"]).any())
    assert beyond < 9


def test_too_few_say_nothing_and_equal_ones_count_once() -> None:
    search = searched(ENOUGH - 1, lambda drawn, rng: float(rng.normal()))
    assert parameter_shares(search).empty
    again = search.results * 2
    assert parameter_shares(Searched(**{**vars(search), "results": again})).empty


def test_names_are_short_where_they_can_be() -> None:
    names = ["augmentations.warp.window_warp.fraction", "other.slice.window_warp.fraction", "view.noise.strength"]
    assert short_names(names) == {
        names[0]: names[0],
        names[1]: names[1],
        "view.noise.strength": "noise.strength",
    }


def test_equal_seeds_give_equal_numbers() -> None:
    search = searched(20, lambda drawn, rng: float(rng.normal()))
    pd.testing.assert_frame_equal(parameter_shares(search), parameter_shares(search))
