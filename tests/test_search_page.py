"""docs/search.md: its sweep files and each of its commands, in small."""

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
SMALLER_PRUNED = {
    "budget: 30": "budget: 3",
    "epochs: 60": "epochs: 4, channels: 8",
}


def write(name: str, block: str, smaller: dict[str, str]) -> None:
    for written, less in smaller.items():
        assert written in block
        block = block.replace(written, less)
    Path(name).write_text(block, encoding="utf-8")


def test_the_page_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    tuned, pruned = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    write("tuned.yaml", tuned, SMALLER)
    write("pruned.yaml", pruned, SMALLER_PRUNED)
    commands = re.findall(r"^    ncvq (\w+) tuned\.yaml", text, re.MULTILINE)
    assert commands == ["plan", "launch", "status", "report", "confirm"]
    for command in commands:
        here = ["--workers", "0"] if command == "launch" else ["--suggestion", "0"] if command == "confirm" else []
        result = ncvq(command, "tuned.yaml", *here)
        assert result.exit_code == 0, result.output
    page = Path("runs/reports/tuned/index.html").read_text(encoding="utf-8")
    assert 'id="suggestions">Suggestions</h2>' in page
    assert 'id="claims"' not in page
    assert ncvq("launch", "tuned-best.yaml", "--workers", "0").exit_code == 0
    told = ncvq("confirm", "tuned.yaml", "--suggestion", "0").stdout
    assert "val_loss on the validation part: better than the other by" in told
    followed = re.findall(r"^    ncvq (\w+) pruned\.yaml(?: (--\w+))?", text, re.MULTILINE)
    assert followed == [("launch", ""), ("resume", "--unprune")]
    for command, *options in followed:
        result = ncvq(command, "pruned.yaml", *filter(None, options), "--workers", "0")
        assert result.exit_code == 0, result.output
    assert "were pruned" not in result.stdout
