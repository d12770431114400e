"""`ncvq import wandb`, against a server on loopback that speaks the API's GraphQL."""

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from orchestrator.importing.mapping import read_mapping
from orchestrator.importing.rows import imported_id
from orchestrator.importing.wandb_runs import READING, import_wandb
from orchestrator.store import Store
from orchestrator.store.check import check
from tests.orchestrator.wandb_server import ENTITY, PROJECT, Run, Service, serving

pytestmark = pytest.mark.whole

SOURCE = f"{ENTITY}/{PROJECT}"
LISTING = {"Viewer", "GetDefaultEntity", "Runs"}
"""What the client asks for where it reads no run."""
MAPPING = """\
sweep: theirs
run: id
factors:
  dataset: config.data.name
  ssl: {column: config.method, levels: {"": none, bt: barlowtwins}}
  aug_recon_weight: config.weight
baseline: {ssl: none}
metrics:
  probe_svm: summary.acc
  val_loss: summary.val.loss
history:
  stage1: {epoch: history.epoch, loss: history.loss}
"""


@pytest.fixture(scope="module", autouse=True)
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A client that knows nothing of the user's own settings, and tries again twice, after a second or when it may."""
    import wandb

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_ENTITY", "WANDB_PROJECT", "WANDB_HTTP_TIMEOUT"):
            patch.delenv(name, raising=False)
        for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_DIR"):
            patch.setenv(name, str(home))
        patch.setenv("NETRC", str(home / "netrc"))
        patch.setenv("WANDB__GRAPHQL_RETRY_MAX", "2")
        patch.setenv("WANDB__GRAPHQL_RETRY_WAIT_MIN_SECONDS", "1")
        patch.setenv("WANDB__GRAPHQL_RETRY_WAIT_MAX_SECONDS", "1")
        wandb.teardown()
        yield
        wandb.teardown()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    found = Service(projects={SOURCE: some_runs()})
    with serving(found) as address:
        monkeypatch.setenv("WANDB_BASE_URL", address)
        monkeypatch.setenv("WANDB_API_KEY", found.key)
        yield found


def some_runs(count: int = 4) -> list[Run]:
    """Half of them with SSL, which are 0.2 better; two epochs of two steps each."""
    return [
        Run(
            name=f"r{number}",
            config={"data": {"name": "D0"}, "method": "bt" if number % 2 else "", "weight": 0.1},
            summary={"acc": 0.5 + 0.2 * (number % 2) + number / 1000, "val": {"loss": "NaN" if number == 3 else 0.1}},
            history=[{"epoch": step // 2, "loss": float(step + number)} for step in range(4)],
        )
        for number in range(count)
    ]


def run_import(folder: Path, *more: str, projects: tuple[str, ...] = (SOURCE,), mapping: str = MAPPING) -> Result:
    (folder / "map.yaml").write_text(mapping, encoding="utf-8")
    arguments = ["import", "wandb", *projects, "--mapping", str(folder / "map.yaml"), "--store", str(folder / "store")]
    return CliRunner().invoke(app, [*arguments, *more])


def imported(folder: Path, *more: str, **changes: Any) -> tuple[pd.DataFrame, list[str]]:
    """The rows by run, and what was said."""
    done = run_import(folder, *more, **changes)
    assert done.exit_code == 0, done.output
    return rows_of(folder), done.stdout.splitlines()


def rows_of(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "store" / "imported").set_index("run_id")


def history_of(folder: Path, run: str) -> pd.DataFrame:
    rows = pd.read_parquet(folder / "store" / "history")
    return rows[rows["trial_id"] == imported_id(SOURCE, run)].dropna(axis="columns", how="all")


def refused(folder: Path, *more: str, **changes: Any) -> str:
    done = run_import(folder, *more, **changes)
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.splitlines()
    return line


def test_each_finished_run_is_a_row_with_its_origin_and_history(service: Service, tmp_path: Path) -> None:
    rows, said = imported(tmp_path)
    assert said[0] == "theirs: 4 runs imported of Weights & Biases, 4 of them read now"
    assert set(rows["source"]) == {SOURCE}
    assert rows.loc["r1", ["dataset", "ssl", "aug_recon_weight", "probe_svm"]].tolist() == [
        "D0", "barlowtwins", 0.1, pytest.approx(0.701),
    ]  # fmt: skip
    assert rows.loc["r0", "ssl"] == "none"
    assert math.isnan(rows.loc["r0", "aug_recon_weight"])  # it has no effect without SSL
    assert rows.loc["r2", "val_loss"] == 0.1
    assert math.isnan(rows.loc["r3", "val_loss"])
    assert rows.loc["r0", "trial_id"] == imported_id(SOURCE, "r0")
    store = Store(tmp_path / "store")
    assert store.read_sweep("theirs")["imported"] == {"sweep": "theirs", "source": SOURCE}
    assert history_of(tmp_path, "r1")[["stage", "epoch", "loss"]].to_numpy().tolist() == [
        ["stage1", 0, 1.5], ["stage1", 1, 3.5],
    ]  # fmt: skip
    assert store.trial_ids() == []
    assert check(store).is_sound
    assert not check(store).orphaned


def test_a_history_of_which_the_service_made_a_file(service: Service, tmp_path: Path) -> None:
    """Finished runs have theirs as Parquet; what was logged last may not be in it yet."""
    service.projects[SOURCE][1].exported = 3
    imported(tmp_path)
    assert history_of(tmp_path, "r1")["loss"].tolist() == [1.5, 3.5]


def test_twice_is_once_and_fetches_no_run(service: Service, tmp_path: Path) -> None:
    first, _ = imported(tmp_path)
    before = service.asked.copy()
    again, said = imported(tmp_path)
    assert said[0].endswith("4 runs imported of Weights & Biases, 0 of them read now")
    pd.testing.assert_frame_equal(first, again)
    assert {name for name, _ in service.asked[len(before) :]} <= LISTING
    assert service.queries("Runs") == [(), ("r0", "r1", "r2", "r3"), ()]


def test_what_changed_or_ended_since_is_read_and_nothing_else(service: Service, tmp_path: Path) -> None:
    runs = service.projects[SOURCE]
    runs[2].state = "running"
    rows, said = imported(tmp_path)
    assert "r2" not in rows.index
    assert "left out: 1 runs that are running" in said
    runs[2].state, runs[2].heartbeat = "finished", "2024-01-02T00:00:00Z"
    runs[0].summary["acc"], runs[0].heartbeat = 0.9, "2024-01-03T00:00:00Z"
    runs.append(Run(name="r9", config=runs[0].config, summary={"acc": 0.1}))
    rows, said = imported(tmp_path)
    assert service.queries("Runs")[-1] == ("r0", "r2", "r9")
    assert said[0].startswith("theirs: 5 runs imported of Weights & Biases, 3 of them read now")
    assert rows.loc["r0", "probe_svm"] == 0.9
    assert history_of(tmp_path, "r9").empty
    asked = len(service.asked)
    imported(tmp_path)
    assert {name for name, _ in service.asked[asked:]} <= LISTING  # r9 is known to have no history


def test_another_mapping_reads_all_again(service: Service, tmp_path: Path) -> None:
    imported(tmp_path)
    rows, said = imported(tmp_path, mapping=MAPPING.replace("summary.acc", "summary.val.loss").replace("0.1", "0.2"))
    assert "4 of them read now" in said[0]
    assert rows.loc["r0", "probe_svm"] == 0.1


def test_wherever_it_is_stopped_all_that_arrived_stays(service: Service, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING)
    mapping = read_mapping(str(tmp_path / "map.yaml"))

    def stop(what: str, done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_wandb([SOURCE], mapping, tmp_path / "store", told=stop)
    assert len(rows_of(tmp_path)) == 2
    found = import_wandb([SOURCE], mapping, tmp_path / "store")
    assert (found.read, len(found.imported.rows)) == (2, 4)


@pytest.mark.slow
def test_a_kill_costs_one_history_at_most(service: Service, tmp_path: Path) -> None:
    service.projects[SOURCE] = some_runs(8)
    (tmp_path / "map.yaml").write_text(MAPPING)
    words = ["import", "wandb", SOURCE, "--mapping", str(tmp_path / "map.yaml"), "--store", str(tmp_path / "store")]
    with subprocess.Popen([sys.executable, "-m", "orchestrator", *words]) as running:
        while len(service.queries("HistoryPage")) < 4 and running.poll() is None:
            time.sleep(0.01)
        running.kill()
    assert len(rows_of(tmp_path)) == 8
    assert rows_of(tmp_path)["history_version"].notna().sum() >= 3
    _, said = imported(tmp_path)
    assert "0 of them read now" in said[0]
    assert len(service.queries("HistoryPage")) <= 8 + 2  # the one that was under way, and one asked for meanwhile
    assert check(Store(tmp_path / "store")).is_sound


def test_a_project_of_several_pages(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.importing.wandb_api.PAGE", 5)
    service.projects[SOURCE] = some_runs(11)
    without = MAPPING[: MAPPING.index("history:")]
    heard: list[tuple[str, int, int]] = []
    (tmp_path / "map.yaml").write_text(without)
    mapping = read_mapping(str(tmp_path / "map.yaml"))
    found = import_wandb([SOURCE], mapping, tmp_path / "store", told=lambda *said: heard.append(said))
    assert [row["run_id"] for row in found.imported.rows] == [f"r{number}" for number in range(11)]
    assert [len(runs) for runs in service.queries("Runs")] == [0, 0, 0, 5, 5, 1]
    assert heard == [(READING, done, 11) for done in range(1, 12)]
    assert not service.queries("HistoryPage")


@pytest.mark.parametrize("status", [500, 429])
def test_what_a_server_refuses_for_a_moment_is_asked_again(status: int, service: Service, tmp_path: Path) -> None:
    """Of too many requests, when the server said; of its own errors, after a while."""
    service.refusals, service.retry_after = [status], "1"
    began = time.monotonic()
    rows, _ = imported(tmp_path)
    assert time.monotonic() - began > 1
    assert len(rows) == 4
    assert not service.refusals


def test_a_server_that_goes_on_refusing_is_named_in_one_line(service: Service, tmp_path: Path) -> None:
    """Wherever it does: what arrived before stays, and the next import goes on there."""
    service.projects[SOURCE] = some_runs()
    service.busy = {"r2"}
    line = refused(tmp_path)
    assert line.startswith(f"ncvq: {SOURCE}/r2: ")
    assert "HTTP 429: not now" in line
    assert rows_of(tmp_path).sort_index()["history_version"].notna().tolist() == [True, True, False, False]
    service.busy = set()
    assert "0 of them read now" in imported(tmp_path)[1][0]
    assert len(service.queries("HistoryPage")) == 4


def test_a_server_that_does_not_answer(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service.delay = 5.0
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "0.3")
    began = time.monotonic()
    assert "time" in refused(tmp_path)
    assert time.monotonic() - began < 2


def test_nobody_is_logged_in(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    assert "wandb login" in refused(tmp_path)
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert "user is not logged in" in refused(tmp_path)
    assert not (tmp_path / "store").exists()


def test_no_such_project_and_no_run(service: Service, tmp_path: Path) -> None:
    assert "no such project" in refused(tmp_path, projects=(f"{ENTITY}/none",))
    assert "give ENTITY/PROJECT" in refused(tmp_path, projects=("stage1",))
    service.projects[SOURCE] = []
    assert f"{SOURCE}: no finished run" in refused(tmp_path)
    service.projects[SOURCE] = some_runs(1)
    service.projects[SOURCE][0].state = "crashed"
    assert "no finished run (of others: 1 crashed)" in refused(tmp_path)
    assert not (tmp_path / "store").exists()


# what of MAPPING becomes what, part of the message; the message names the line of the change
MISTAKES = {
    "a column of config": (
        "config.method",
        "config.metod",
        "unknown column 'config.metod' (did you mean 'config.method'?",
    ),
    "a column of the summary": (
        "summary.acc",
        "summary.ac",
        "unknown column 'summary.ac' (did you mean 'summary.acc'?",
    ),
    "a column of the history": ("loss: history.loss", "loss: history.los", "did you mean 'history.loss'?"),
    "a column of ours": (
        "loss: history.loss",
        "losss: history.loss",
        "unknown history column 'losss' (did you mean 'loss'",
    ),
    "no epoch": ("epoch: history.epoch, ", "", "epoch is missing: it is the column that counts epochs"),
    "no stage": ("  stage1:", "  stage9:", "unknown stage 'stage9'"),
    "the baseline": (
        "baseline: {ssl: none}",
        "baseline: {ssl: non}",
        "unknown level of ssl 'non' (did you mean 'none'?",
    ),
    "another id": ("run: id", "run: name", "run = 'name': must be id, the id of the service"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_of_the_mapping_is_one_line_with_its_place(name: str, service: Service, tmp_path: Path) -> None:
    before, after, part = MISTAKES[name]
    text = MAPPING.replace(before, after)
    line = next(place for place, words in enumerate(text.splitlines(), start=1) if after in words and words.strip())
    if not after:
        line = len(text.splitlines())
    message = refused(tmp_path, mapping=text)
    assert message.startswith(f"ncvq: {tmp_path / 'map.yaml'}:{line}: ")
    assert part in message


def test_no_row_is_kept_while_the_mapping_may_be_wrong(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.importing.wandb_api.PAGE", 3)
    mapping = MAPPING[: MAPPING.index("history:")].replace("summary.acc", "summary.ac")
    refused(tmp_path, mapping=mapping)
    assert not (tmp_path / "store" / "imported").exists()
    service.projects[SOURCE][-1].summary["ac"] = 0.5  # known by the second page alone
    assert len(imported(tmp_path, mapping=mapping)[0]) == 4


def test_a_level_that_the_mapping_does_not_name(service: Service, tmp_path: Path) -> None:
    service.projects[SOURCE][2].config["method"] = "btt"
    message = refused(tmp_path)
    assert message.startswith(f"ncvq: {SOURCE}/r2: unknown level of config.method 'btt' (did you mean 'bt'?")
    assert "map.yaml:5 says what each means" in message


def test_an_epoch_that_is_none(service: Service, tmp_path: Path) -> None:
    service.projects[SOURCE][2].history[1]["epoch"] = 0.5
    assert refused(tmp_path) == f"ncvq: {SOURCE}/r2: history.epoch = 0.5: must be a whole number"
    service.projects[SOURCE][2].history[1] = {"loss": 9.0}  # a step of no epoch is in none
    imported(tmp_path)
    assert history_of(tmp_path, "r2")["loss"].tolist() == [2.0, 4.5]


def test_runs_without_a_dataset_are_left_out_and_said(service: Service, tmp_path: Path) -> None:
    service.projects[SOURCE][1].config.pop("data")
    rows, said = imported(tmp_path)
    assert sorted(rows.index) == ["r0", "r2", "r3"]
    assert f"left out: 1 runs that name no dataset, such as {SOURCE}/r1" in said
    for run in service.projects[SOURCE]:
        run.config.pop("data", None)
    assert "unknown column 'config.data.name'" in refused(tmp_path, "--name", "other")


def test_the_published_study_in_its_three_projects(service: Service, tmp_path: Path) -> None:
    """Its layout: no SSL is an empty word, though its runs name augmentations; a project a stage."""
    measured = {
        "S1": {"svm_accuracy": 0.9, "knn_accuracy": 0.8, "val_loss": 0.2, "val_perplexity": 9.0,
               "mean_abs_corr_off_diagonal": 0.1, "mean_abs_cos_sim_off_diagonal": 0.2},
        "S2": {"FID": 3.0, "IS_mean": 2.0, "IS_std": 0.1},
        "CAS": {"val_acc_ema": 0.7, "val_loss": 5.0},
    }  # fmt: skip
    settings = [("", ["slice_and_shuffle"]), ("vibcreg", ["window_warp", "amplitude_resize"])]
    for project, summary in measured.items():
        service.projects[f"study/{project}"] = [
            Run(
                name=f"{project}-{number}",
                config={
                    "dataset": {"dataset_name": "Mallat"}, "SSL": {"stage1_method": method},
                    "augmentations": {"time_augs": sets}, "VQVAE": {"aug_recon_rate": 0.1},
                },
                summary=summary,
            )
            for number, (method, sets) in enumerate(settings)
        ]  # fmt: skip
    projects = tuple(f"study/{project}" for project in measured)
    arguments = ["import", "wandb", *projects, "--mapping", "published-wandb", "--store", str(tmp_path / "store")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    rows = rows_of(tmp_path)
    assert rows["run_kind"].to_dict() == {
        "S1-0": "stage1", "S1-1": "stage1", "S2-0": "stage2", "S2-1": "stage2", "CAS-0": "cas", "CAS-1": "cas",
    }  # fmt: skip
    assert rows.loc["S1-1", ["ssl", "augmentations", "aug_recon_weight", "probe_svm", "val_loss"]].tolist() == [
        "vibcreg", "window_warp+amplitude_resize", 0.1, 0.9, 0.2,
    ]  # fmt: skip
    assert rows.loc["S1-0", "ssl"] == "none"
    assert pd.isna(rows.loc["S1-0", "augmentations"])
    assert rows.loc["CAS-1", "cas"] == 0.7
    assert pd.isna(rows.loc["CAS-1", "val_loss"])
    assert rows.loc["S2-0", ["fid", "is_mean", "is_std"]].tolist() == [3.0, 2.0, 0.1]
    assert set(rows["source"]) == set(projects)
    assert "was imported from study/S1, study/S2, study/CAS" in refused(
        tmp_path, "--name", "published", projects=(projects[0],)
    )
    single = CliRunner().invoke(app, ["import", "wandb", projects[1], *arguments[5:], "--name", "priors"])
    assert single.exit_code == 0, single.output
