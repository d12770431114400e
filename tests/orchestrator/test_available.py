"""Datasets that are not at hand: named in one line before anything starts, or left out and told."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ncvq_core.data import locate
from ncvq_core.errors import DataError, NotAtHandError, unknown_name
from orchestrator.cli.app import app
from orchestrator.store import Store
from orchestrator.sweepfile.read import Changes, load_sweep
from orchestrator.sweepfile.sweep import Sweep, SweepError, sweep_record

pytestmark = pytest.mark.whole

DESIGN = """\
description: not all at hand
base: {epochs: 1, channels: 8, projector_width: 16, augmentations: [flip]}
factors:
  dataset: [Elsewhere, GunPoint, ItalyPowerDemand, Nowhere]
  ssl: [none, barlowtwins]
  seed: [0, 1]
baseline: {ssl: none, dataset: Nowhere}
"""


def check_dataset(name: str) -> None:
    if name in ("Elsewhere", "Nowhere"):
        raise NotAtHandError(f"{name}: not at hand (…), and the download failed: no network")
    if name == "GumPoint":
        raise unknown_name("dataset", name, ["GunPoint"], "dataset")
    if name == "Odd":
        raise DataError("Odd: its files are of another layout")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "design.yaml"
    path.write_text(DESIGN)
    return path


def loaded(file: Path, *, available: bool, **overrides: object) -> Sweep:
    return load_sweep(file, Changes(available=available, overrides=overrides), check_dataset)


def test_all_that_are_missing_stand_in_one_line(file: Path) -> None:
    with pytest.raises(SweepError) as caught:
        loaded(file, available=False)
    assert str(caught.value) == (
        f"{file}:4: not at hand: Elsewhere, Nowhere; name an archive that has them with --data-dir, or "
        "`ncvq data fetch NAME` each; --available runs the rest (no network)"
    )


def test_available_leaves_them_out_and_says_so(file: Path) -> None:
    sweep = loaded(file, available=True)
    assert sweep.missing == ("Elsewhere", "Nowhere")
    assert [level.label for level in sweep.factors[0].levels] == ["GunPoint", "ItalyPowerDemand"]
    assert sweep.baseline == {"ssl": "none"}
    assert (sweep.grid_cells, len(sweep.cells)) == (8, 8)
    assert sweep_record(sweep)["missing"] == ["Elsewhere", "Nowhere"]


def test_available_with_all_at_hand_changes_nothing(file: Path) -> None:
    names = {"dataset": ["GunPoint", "ItalyPowerDemand"]}
    assert loaded(file, available=True, **names) == loaded(file, available=False, **names)


def test_available_with_nothing_at_hand_is_refused(file: Path) -> None:
    with pytest.raises(SweepError, match=r"not at hand: Nowhere; .*without them nothing is left to run \(no network\)"):
        loaded(file, available=True, dataset=["Nowhere"])


def test_a_misspelt_name_is_not_taken_for_a_missing_dataset(file: Path) -> None:
    with pytest.raises(SweepError, match="did you mean 'GunPoint'"):
        loaded(file, available=False, dataset=["Nowhere", "GumPoint"])
    assert loaded(file, available=True, dataset=["GunPoint", "GumPoint"]).missing == ("GumPoint",)


@pytest.mark.parametrize("available", [True, False])
def test_an_unusable_dataset_is_an_error_at_any_rate(file: Path, available: bool) -> None:
    with pytest.raises(SweepError, match="another layout"):
        loaded(file, available=available, dataset=["GunPoint", "Odd"])


# From the command line


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a bundled dataset under a name that no archive has."""
    monkeypatch.delenv("NCVQ_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "archive" / "Mine"
    folder.mkdir(parents=True)
    for source in locate("ItalyPowerDemand").files:
        shutil.copy(source, folder / source.name.replace("ItalyPowerDemand", "Mine"))
    return folder.parent


def ncvq(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.thorough
def test_launch_status_and_report_of_what_is_available(file: Path, archive: Path, tmp_path: Path) -> None:
    """Names that no archive has stand for a download that is impossible: there is no network in tests."""
    file.write_text(DESIGN.replace("GunPoint, ItalyPowerDemand", "Mine").replace("dataset: Nowhere", "seed: 0"))
    store = tmp_path / "store"
    chosen = [file, "--store", store, "--available", "--seeds", "1", "--data-dir", archive]
    told = "left out, not at hand: Elsewhere, Nowhere; name an archive that has them with --data-dir"
    launched = ncvq("launch", *chosen, "--workers", "0")
    assert launched.exit_code == 0, launched.output
    assert launched.stdout.startswith(told)
    assert "2 of 2 trials have a result" in launched.stdout
    status = ncvq("status", *chosen)
    assert status.stdout.startswith(told)
    assert "design: 2 trials: 2 done" in status.stdout
    assert "launched last with other settings" not in status.stdout
    assert Store(store).read_sweep("design")["missing"] == ["Elsewhere", "Nowhere"]
    report = ncvq("report", file, "--store", store)
    assert "2 datasets of the sweep left out because not at hand when it was launched" in report.stdout
    page = (store / "reports" / "design" / "index.html").read_text()
    assert page.index("Elsewhere and Nowhere") < page.index('<h2 id="design">')


@pytest.mark.thorough
def test_a_profile_is_a_sweep_of_its_own_in_the_store(file: Path, archive: Path, tmp_path: Path) -> None:
    file.write_text(
        DESIGN.replace("[Elsewhere, GunPoint, ItalyPowerDemand, Nowhere]", "[Mine]").replace(", dataset: Nowhere", "")
        + "profiles: {tiny: {channels: 4, seed: [0]}}\n"
    )
    chosen = [file, "--store", tmp_path / "store", "--profile", "tiny"]
    launched = ncvq("launch", *chosen, "--workers", "0", "--data-dir", archive)
    assert launched.exit_code == 0, launched.output
    assert f"ncvq report {file} --profile tiny --store" in launched.stdout
    assert Store(tmp_path / "store").sweep_names() == ["design-tiny"]
    assert "design-tiny: 2 trials: 2 done" in ncvq("status", *chosen).stdout
    assert "0 done" not in ncvq("status", file, "--store", tmp_path / "store").stdout
    report = ncvq("report", *chosen)
    assert "This is the profile tiny, not the sweep itself" in report.stdout
    assert report.stdout.splitlines()[-1].endswith("reports/design-tiny/index.html")
