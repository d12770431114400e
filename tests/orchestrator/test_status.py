"""What `ncvq status` says of trials that have no result yet."""

from io import StringIO

from rich.console import Console

from orchestrator.cli.status import print_status
from orchestrator.store import Store
from orchestrator.store.lock import exclusive
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Design


def lines_of(sweep: Sweep, store: Store) -> list[str]:
    printed = StringIO()
    print_status(sweep, store, Console(file=printed, width=200))
    return printed.getvalue().splitlines()


def test_a_trial_with_a_checkpoint_has_begun(finished: Store, design: Design) -> None:
    """Nobody needs to fear for the work that Ctrl-C or a kill interrupted."""
    sweep = design(seed=[0, 1, 2])
    begun = next(cell.config for cell in sweep.cells if cell.config.stage1.seed == 2)
    path = finished.checkpoint_path(begun.stage1_id)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert lines_of(sweep, finished)[0] == ("tiny: 6 trials: 4 done, 1 begun (they go on from a checkpoint), 1 missing")
    with exclusive(finished.path, "a test"):
        finished.write_running(begun.stage1_id, {
            "stage": "stage1", "label": "seed=2", "epoch": 1, "epochs": 2, "updated_at": "now",
            "trial_ids": [begun.trial_id],
        })  # fmt: skip
        assert lines_of(sweep, finished)[0] == "tiny: 6 trials: 4 done, 1 running, 1 missing"


def test_a_launch_with_other_settings_is_mentioned(finished: Store, design: Design) -> None:
    words = "launched last with other settings: 4 trials, 4 finished; repeat its options to see them"
    assert lines_of(design(epochs=5), finished)[1] == words
    assert words not in lines_of(design(), finished)
