"""docs/racing.md: each command that stands there, as it stands there, with trials of no work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.execution.executor import EXECUTORS
from orchestrator.store.races import read_race
from tests.orchestrator.trivial import Trivial

pytestmark = [pytest.mark.whole, pytest.mark.slow]

PAGE = Path(__file__).parents[2] / "docs" / "racing.md"
SAID = {
    "launch": "all that gets seeds is decided",
    "plan": "all that gets seeds is decided",
    "status": "decided: aug_recon_weight 0.2 against 0.05 by val_loss, on these datasets: equivalent",
    "report": "decided at the look of 4 seeds",
}
"""Of each command, here where four seeds decide everything."""


def effect(config: dict[str, Any]) -> tuple[float, float]:
    return (0.0 if config.get("ssl") == "none" else 0.5), 0.01


def test_the_commands_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCVQ_STORE", str(tmp_path / "store"))
    monkeypatch.setitem(EXECUTORS, "ray", "tests.orchestrator.trivial:Trivial")
    monkeypatch.setattr(Trivial, "effect", staticmethod(effect), raising=False)
    monkeypatch.setattr(Trivial, "ran", 0)
    commands = re.findall(r"^    ncvq ([^#\n]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {shlex.split(each)[0] for each in commands} == SAID.keys()
    for each in commands:
        result = CliRunner().invoke(app, shlex.split(each))
        assert result.exit_code == 0, f"{each}: {result.output}"
        assert SAID[each.split()[0]] in result.output, f"{each}: {result.output}"
    assert Trivial.ran == 272
    found = read_race(tmp_path / "store", "aug-recon-weight-small")
    assert found is not None
    assert (len(found.looks), found.ended, found.plan.largest) == (1, True, 16)
