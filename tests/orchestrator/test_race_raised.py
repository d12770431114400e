"""A largest number of seeds that is raised after a look: allowed, and said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from orchestrator.launching.race import forecast_line
from orchestrator.launching.race_plan import open_race
from orchestrator.store import StoreError
from orchestrator.store.races import read_race
from reports.claims.table import claims_table
from reports.provenance import provenance_warnings
from reports.read_store import read_results
from reports.statistics.effects import THESE
from tests.orchestrator.race_runs import decisions, of_no_work, run, sweep

pytestmark = pytest.mark.whole


@pytest.fixture(autouse=True)
def _trivial(monkeypatch: pytest.MonkeyPatch) -> None:
    of_no_work(monkeypatch)


@pytest.fixture(scope="module")
def raised_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A race to five seeds, raised to ten when it had ended."""
    folder = tmp_path_factory.mktemp("raised")
    with pytest.MonkeyPatch.context() as patch:
        of_no_work(patch)
        run(sweep(folder, 5), folder / "s")
        shutil.copytree(folder / "s", folder / "before")
        (folder / "printed").write_text(run(sweep(folder, 9), folder / "s")[1])
    return folder


def test_a_raised_race_goes_on_and_says_what_was_not_planned(raised_once: Path) -> None:
    """Looks until the fifth are those of the plan, later ones by e-values."""
    before, after = (read_race(raised_once / name, "raced") for name in ("before", "s"))
    assert before is not None
    assert after is not None
    assert (before.ended, before.raised, after.plan, after.raised) == (True, None, before.plan, 9)
    assert decisions(after)[:2] == decisions(before)
    assert "5 seeds were planned, 9 from now on" in (raised_once / "printed").read_text()
    assert "(5 were planned: by e-values)" in (raised_once / "printed").read_text()
    limits = {row["p_limit"] for look in after.looks[2:] for row in (*look.decided, *look.still_open)}
    assert limits == {0.05}


def test_a_report_of_a_raised_race_says_so(raised_once: Path) -> None:
    before, after = (read_results(raised_once / name, "raced") for name in ("before", "s"))
    words = {name: claims_table(found).set_index(["question", "level"]).loc[(THESE, "vibcreg"), "judged_at"]
             for name, found in (("before", before), ("s", after))}  # fmt: skip
    assert words["before"] == "undecided at 5 seeds, the largest number"
    assert "beyond the 5 that were planned, by an e-value" in words["s"]
    assert "raised from 5 after a look" in provenance_warnings(after)[0]
    assert "raised" not in provenance_warnings(before)[0]


def test_a_race_of_which_all_is_decided_is_not_raised(raised_once: Path, tmp_path: Path) -> None:
    """And one that is raised is planned no lower."""
    with pytest.raises(StoreError, match="planned with --max-seeds 9, not 8"):
        run(sweep(tmp_path, 8), raised_once / "s")
    here = open_race(raised_once / "s", sweep(tmp_path, 12))
    assert here.raised == (12 if here.driving else 9)


def test_a_plan_of_a_raised_race_says_what_it_needs(raised_once: Path, tmp_path: Path) -> None:
    """Until the equivalence of e-values, which asks for more than one test."""
    design = sweep(tmp_path, 40)
    line = forecast_line(raised_once / "before", design, open_race(raised_once / "before", design))
    found = re.search(r"the next look is at 6 of at most 40 seeds; about (\d+) trials", line)
    assert found, line
    assert 14 < int(found[1]) < 84
