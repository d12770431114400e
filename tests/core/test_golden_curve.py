"""A short loss curve of each method, pinned. Regenerate it with `python tests/core/test_golden_curve.py`.

A failure means that the same config now trains differently. If that is meant, raise RESULTS_VERSION, which makes all
trials new ones, or, where the numbers of some data alone change, `Dataset.numerics_version`.
Before the first update only rounding differs between processors; Adam then turns the signs of gradients near 0 into
steps of full size, and codes near a tie change sides, so that later epochs are pinned more loosely.
"""

import json
from pathlib import Path

import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import Scaling, load_dataset
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from tests.core.epochs import train_epoch

pytestmark = pytest.mark.whole

GOLDEN = Path(__file__).with_name("golden_curve.json")
METHODS = ["none", *SSL_METHODS]
FIRST_EPOCH_TOLERANCE = 1e-4
TOLERANCE = {"loss": 5e-3, "recon_time": 5e-3, "recon_timefreq": 5e-3, "ssl_loss": 3e-2}
REGENERATE = "python tests/core/test_golden_curve.py"


def curve(ssl: str) -> list[dict[str, float]]:
    """Train 3 epochs of one step each: 50 series are one batch."""
    config = TrialConfig.from_dict(
        {
            "dataset": "GunPoint",
            "ssl": ssl,
            "augmentations": ["window_warp", "amplitude_resize"],
            "epochs": 3,
            "projector_width": 64,
        }
    ).stage1
    train = load_dataset("GunPoint").train
    trainer = Stage1Trainer(config, torch.from_numpy(Scaling.of(train).apply(train)))
    rows = [train_epoch(trainer) for _ in range(config.epochs)]
    return [{name: row[name] for name in TOLERANCE if name in row} for row in rows]


@pytest.mark.parametrize("ssl", METHODS)
def test_losses_are_the_pinned_ones(ssl: str) -> None:
    golden = json.loads(GOLDEN.read_text())["curves"]
    assert ssl in golden, f"no golden curve of {ssl}: run `{REGENERATE}`"
    for epoch, (row, expected) in enumerate(zip(curve(ssl), golden[ssl], strict=True)):
        assert row.keys() == expected.keys()
        for name, value in row.items():
            tolerance = TOLERANCE[name] if epoch else FIRST_EPOCH_TOLERANCE
            assert value == pytest.approx(expected[name], rel=tolerance), f"{name} in epoch {epoch + 1}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    content = {"_comment": f"regenerate with `{REGENERATE}`", "curves": {ssl: curve(ssl) for ssl in METHODS}}
    GOLDEN.write_text(json.dumps(content, indent=1) + "\n")
