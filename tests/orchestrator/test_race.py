"""Racing with the real planner and store, and trials of no work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ncvq_core.errors import ConfigError
from orchestrator.cli.app import app
from orchestrator.launching.launch import launch
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race_plan import open_race
from orchestrator.planning.state import sweep_state
from orchestrator.store import DamagedError, Store, StoreError
from orchestrator.store.check import check
from orchestrator.store.races import Race, race_path, read_race
from orchestrator.sweepfile.read import Changes, load_sweep
from reports.claims.answers import answers, in_brief
from reports.claims.races import GROWN_BY_HAND
from reports.claims.table import claims_table
from reports.provenance import provenance_warnings
from reports.read_store import read_results
from reports.statistics.effects import THESE
from tests.orchestrator.race_runs import RACED, decisions, of_no_work, run, sweep
from tests.orchestrator.race_storm import kept_stages
from tests.orchestrator.trivial import Trivial

pytestmark = pytest.mark.whole


@pytest.fixture(autouse=True)
def _trivial(monkeypatch: pytest.MonkeyPatch) -> None:
    of_no_work(monkeypatch)


@pytest.fixture(scope="module")
def ended_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A race from its beginning to its end."""
    folder = tmp_path_factory.mktemp("race")
    with pytest.MonkeyPatch.context() as patch:
        of_no_work(patch)
        run(sweep(folder), folder / "ended")
    return folder / "ended"


@pytest.fixture
def ended(ended_once: Path, tmp_path: Path) -> tuple[Path, Race]:
    """A copy of its store, and the race."""
    shutil.copytree(ended_once, tmp_path / "ended")
    found = read_race(ended_once, "raced")
    assert found is not None
    assert found.ended
    return tmp_path / "ended", found


def test_seeds_go_where_a_verdict_is_open(ended: tuple[Path, Race]) -> None:
    store, found = ended
    assert [(row["level"], row["verdict"]) for row in found.looks[0].decided] == [("barlowtwins", "worse")]
    assert [row["level"] for row in found.looks[0].still_open] == ["vibcreg"]
    assert [look.seeds for look in found.looks] == list(range(4, 4 + len(found.looks)))
    assert len(found.looks) > 2
    counts: dict[str, int] = {}
    for row in Store(store).read_trials().rows.values():
        counts[row["ssl"].split("(")[0]] = counts.get(row["ssl"].split("(")[0], 0) + 1
    last = found.looks[-1].seeds
    assert counts == {"none": last, "barlowtwins": 4, "vibcreg": last}
    assert Store(store).sweep_names() == ["raced"]


def test_a_race_that_is_stopped_at_any_moment_comes_to_the_same_decisions(
    ended: tuple[Path, Race], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two stages a launch, so that it ends in the middle of a look and between two."""
    stages, whole = ended[1].looks[-1].trials, ended[1]
    for _ in range(40):
        monkeypatch.setattr(Trivial, "left", 2)
        try:
            run(sweep(tmp_path), tmp_path / "s")
        except KeyboardInterrupt:
            continue
        break
    assert decisions(read_race(tmp_path / "s", "raced")) == decisions(whole)
    assert Trivial.ran == stages


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_race_whose_processes_are_killed_comes_to_the_same_decisions(tmp_path: Path, seed: int) -> None:
    """SIGKILL at moments that are drawn: no look is taken twice, and no stage that was kept runs again."""
    words = [sys.executable, "-m", "tests.orchestrator.race_storm", str(tmp_path), "30", str(seed)]
    told = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    stormy, whole = (read_race(tmp_path / name, "raced") for name in ("store", "whole"))
    assert whole is not None
    assert len(whole.looks) == 7
    assert decisions(stormy) == decisions(whole)
    kept, ids = kept_stages(tmp_path), Store(tmp_path / "store").stage_ids()
    assert len(ids) == whole.looks[-1].trials
    assert len(kept) == len(set(kept))
    assert set(kept) <= set(ids)
    assert int(told.stdout.split()[0]) >= 10, told.stdout


def test_a_limit_stops_between_looks_and_a_larger_one_goes_on(ended: tuple[Path, Race], tmp_path: Path) -> None:
    summary, printed = run(sweep(tmp_path), tmp_path / "s", trials=14)
    assert summary.exit_code == 0
    assert "race stopped, --max-trials 14: the next look needs 16" in printed
    assert decisions(read_race(tmp_path / "s", "raced")) == decisions(ended[1])[:2]
    assert "race stopped" in run(sweep(tmp_path), tmp_path / "s", hours=0.0)[1]
    run(sweep(tmp_path), tmp_path / "s")
    assert decisions(read_race(tmp_path / "s", "raced")) == decisions(ended[1])
    with pytest.raises(ConfigError, match="before anything can be said"):
        run(sweep(tmp_path), tmp_path / "t", trials=11)


def test_an_ended_race_runs_nothing(ended: tuple[Path, Race], tmp_path: Path) -> None:
    before = race_path(ended[0], "raced").read_bytes()
    summary, _ = run(sweep(tmp_path), ended[0])
    assert (summary.exit_code, Trivial.ran) == (0, 0)
    assert race_path(ended[0], "raced").read_bytes() == before


def test_a_lost_race_is_decided_again_from_its_trials(ended: tuple[Path, Race], tmp_path: Path) -> None:
    store, found = ended
    path = race_path(store, "raced")
    path.write_text(path.read_text().replace('"worse"', '"better"'))
    with pytest.raises(DamagedError, match="checksum"):
        run(sweep(tmp_path), store)
    assert [each.path.name for each in check(Store(store)).damaged] == ["raced.json"]
    path.unlink()
    run(sweep(tmp_path), store)
    assert decisions(read_race(store, "raced")) == decisions(found)
    assert Trivial.ran == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": 9}, "planned with --max-seeds 10, not 9"),
        ({"overrides": {"epochs": 2}}, "planned with other trials"),
    ],
)
def test_another_plan_is_refused(ended: tuple[Path, Race], tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said):
        run(sweep(tmp_path, **changes), ended[0])


def test_a_race_needs_more_seeds_than_its_first_look(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--max-seeds 4: must be > 4"):
        open_race(tmp_path, sweep(tmp_path, seeds=4))


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("ssl: [none, barlowtwins, vibcreg]", "ssl: [none]", "no factor with two levels"),
        ("answers: [val_loss]", "answers: [fid, cas]", "no trial of raced measures any of its answers"),
    ],
)
def test_a_race_that_could_decide_nothing_is_refused_before_it_runs(
    tmp_path: Path, written: str, instead: str, said: str
) -> None:
    path = tmp_path / "raced.yaml"
    path.write_text(RACED.replace(written, instead))
    with pytest.raises(ConfigError, match=said):
        open_race(tmp_path / "s", load_sweep(path, Changes(seeds=6)))


def test_a_look_without_a_pair_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "raced.yaml"
    path.write_text(RACED.replace("[0, 1]", "[0, 1, 2, 3, 4, 5]") + "exclude: [{ssl: none, seed: [0, 1, 2, 3]}]\n")
    with pytest.raises(ConfigError, match="no pair of trials with equal seeds and values of val_loss"):
        run(load_sweep(path), tmp_path / "s")
    assert read_race(tmp_path / "s", "raced") is None


def test_the_race_of_another_sweep_is_no_race_of_this_one(ended: tuple[Path, Race]) -> None:
    shutil.copy(race_path(ended[0], "raced"), race_path(ended[0], "other"))
    with pytest.raises(DamagedError, match="it is the race of raced"):
        read_race(ended[0], "other")


def test_a_report_says_what_was_decided_at_which_look(ended: tuple[Path, Race]) -> None:
    store, found = ended
    claims = claims_table(read_results(store, "raced"))
    claims = claims[claims["question"] == THESE].set_index("level")
    assert list(claims.loc["barlowtwins", ["verdict", "look"]]) == ["worse", 4]
    assert claims.loc["vibcreg", "look"] == found.looks[-1].seeds
    assert claims.loc["barlowtwins", "n_dropped"] == 0
    results = read_results(store, "raced")
    said = {each.verdict: each.evidence for each in in_brief(answers(results, claims_table(results)))}
    assert "decided at the look of 4 seeds" in said["worse"]
    assert said["undecided"] == "undecided at 10 seeds, the largest number"
    row = found.looks[0].decided[0]
    assert claims.loc["barlowtwins", "p_adjusted"] == pytest.approx(0.05 * row["p"] / row["p_limit"])


def test_without_its_looks_nothing_is_decided(ended: tuple[Path, Race]) -> None:
    """As before the first look, or where the file is lost: one test alone does not decide."""
    race_path(ended[0], "raced").unlink()
    claims = claims_table(read_results(ended[0], "raced"))
    assert set(claims.loc[claims["question"] == THESE, "verdict"]) == {"undecided"}


def test_growing_a_race_by_hand_is_said(ended: tuple[Path, Race], tmp_path: Path) -> None:
    """Rule 13; the raced design is kept beside, and its race goes on when it is launched again."""
    store, found = ended
    options = LaunchOptions(store=store, workers=0, gpus_per_trial=0.0, executor="trivial")
    told = StringIO()
    assert launch(sweep(tmp_path, 12), options, Console(file=told, width=500)).exit_code == 0
    assert "another design is kept: ncvq report raced-" in told.getvalue()
    assert "it was raced, and this launch is no look of the race" in told.getvalue()
    grown = read_results(store, "raced")
    assert GROWN_BY_HAND in provenance_warnings(grown)
    assert "look" not in claims_table(grown)
    kept = next(name for name in Store(store).sweep_names() if name != "raced")
    claims = claims_table(read_results(store, kept))
    assert claims.loc[claims["question"] == THESE, "look"].tolist() == [4, found.looks[-1].seeds]
    run(sweep(tmp_path), store)
    assert decisions(read_race(store, "raced")) == decisions(found)
    assert GROWN_BY_HAND not in provenance_warnings(read_results(store, "raced"))


def test_the_state_of_a_raced_sweep_has_its_race(ended: tuple[Path, Race], tmp_path: Path) -> None:
    from orchestrator.cli.racing import as_raced

    store = Store(ended[0])
    state = sweep_state(as_raced(sweep(tmp_path, seeds=2), store, lambda seeds: sweep(tmp_path, seeds)), store)
    assert state.race == ended[1]
    assert (state.counts["done"], state.launched) == (state.trials, None)
    assert json.loads(race_path(ended[0], "raced").read_text())["plan"]["largest"] == 10


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    """Plan, launch, stop at a limit, status, go on, and what is refused."""
    sweep(tmp_path)

    def ncvq(command: str, *options: str, store: str = "s") -> str:
        words = [command, str(tmp_path / "raced.yaml"), "--store", str(tmp_path / store), *options]
        result = CliRunner().invoke(app, words)
        return f"{result.exit_code} {result.output}"

    racing = ("--until-decided", "--max-seeds", "10", "--workers", "0")
    launch = (*racing, "--gpus-per-trial", "0")
    assert "known after 4 seeds, 30 at most" in ncvq("plan", *racing)
    assert "0 " in (printed := ncvq("launch", *launch, "--max-trials", "14"))
    assert "decided: ssl barlowtwins against none by val_loss, on ItalyPowerDemand: worse" in printed
    assert "next: the look at 6 seeds: 2 trials to run, 0:00:02 one after another" in (told := ncvq("status"))
    assert "14 done, 2 missing" in told
    document = json.loads(ncvq("status", "--json").removeprefix("0 "))
    assert document["race"]["plan"]["largest"] == 10
    assert document["next_look"] == {"seeds": 6, "trials_to_run": 2, "seconds": 2.0}
    assert "the next look is at 6 of at most 10 seeds; about" in ncvq("plan", *racing)
    for printed in (ncvq("launch", *launch), ncvq("status")):
        assert "the largest number of seeds is reached; undecided: 1" in printed
    assert "the largest number of seeds is reached" in ncvq("plan", "--until-decided", "--workers", "0")
    assert "2 ncvq: --max-seeds belongs to a race: add --until-decided" in ncvq("launch", "--max-seeds", "9")
    assert "2 ncvq: --seeds and --until-decided" in ncvq("launch", *launch, "--seeds", "5")
    assert "2 ncvq: the race of raced in this store was planned with" in ncvq("launch", *racing[:2], "9")
