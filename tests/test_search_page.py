"""docs/search.md: its sweep file and each of its commands, in small."""

import re
from pathlib import Path

import pytest

from tests.orchestrator.test_cli import ncvq

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[1] / "docs" / "search.md"
SMALLER = {
    "budget: 40 ": "budget: 2 ",
    "epochs: 30": "epochs: 1, projector_width: 16",
    "evaluate_every: 30": "evaluate_every: 1",
    "range: [16, 64]": "range: [8, 16]",
}


def test_the_page_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    for written, smaller in SMALLER.items():
        assert written in block
        block = block.replace(written, smaller)
    Path("tuned.yaml").write_text(block, encoding="utf-8")
    commands = re.findall(r"^    ncvq (\w+) tuned\.yaml", text, re.MULTILINE)
    assert commands == ["plan", "launch", "status", "report", "confirm"]
    for command in commands:
        here = ["--workers", "0"] if command == "launch" else ["--suggestion", "0"] if command == "confirm" else []
        result = ncvq(command, "tuned.yaml", *here)
        assert result.exit_code == 0, result.output
    assert ncvq("launch", "tuned-best.yaml", "--workers", "0").exit_code == 0
    told = ncvq("confirm", "tuned.yaml", "--suggestion", "0").stdout
    assert "val_loss on the validation part: better than the other by" in told
