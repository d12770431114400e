"""The transforms that split a series into bands, and the tokenizers on them."""

import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import load_dataset
from ncvq_core.data.dataset import Dataset
from ncvq_core.errors import ConfigError
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.tokenizer.bands import TRANSFORMS, build_transform

NAMES = sorted(TRANSFORMS)
SMALL = {"channels": 8, "projector_width": 16, "epochs": 2, "residual_blocks": 1}


def series(channels: int, length: int) -> torch.Tensor:
    return torch.randn(3, channels, length, generator=torch.Generator().manual_seed(length))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [16, 17, 140, 427])
@pytest.mark.parametrize("channels", [1, 3])
def test_inverse_gives_the_series_back(name: str, length: int, channels: int) -> None:
    transform = build_transform(name, length)
    x = series(channels, length)
    bands = transform(x)
    assert [tuple(band.shape[1:]) for band in bands] == [
        (transform.channels * channels, *size) for size in transform.sizes
    ]
    assert torch.allclose(transform.inverse(bands), x, atol=1e-5)


def test_low_and_high_band_split_by_frequency() -> None:
    low, high = build_transform("stft_lfhf", 64)(torch.ones(1, 1, 64))
    assert float(high[..., 4:-4].abs().max()) < float(low[..., 4:-4].abs().max())
    whole = build_transform("stft", 64)(series(1, 64))[0]
    assert torch.equal(torch.cat(build_transform("stft_lfhf", 64)(series(1, 64)), dim=2), whole)


def test_wavelet_is_orthonormal_haar() -> None:
    x = torch.tensor([[[4.0, 2.0, 1.0, 5.0]]])
    low, high = build_transform("wavelet", 4)(x)
    assert torch.allclose(low.flatten(), torch.tensor([6.0, 6.0]) / 2**0.5)
    assert torch.allclose(high.flatten(), torch.tensor([2.0, -4.0]) / 2**0.5)
    assert float(low.square().sum() + high.square().sum()) == pytest.approx(float(x.square().sum()))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ssl", ["none", "vibcreg"])
def test_one_trainer_runs_all_tokenizers(name: str, ssl: str) -> None:
    values = {"dataset": "ItalyPowerDemand", "tokenizer": name, "ssl": ssl, "augmentations": ["flip"], **SMALL}
    run = Stage1Run(TrialConfig.from_dict(values).stage1, load_dataset("ItalyPowerDemand"))
    losses = [run.advance()["loss"] for _ in range(2)]
    assert losses[1] < losses[0]
    metrics = run.result().metrics
    assert metrics["val_loss"] == pytest.approx(
        sum(metrics[part] or 0.0 for part in ("recon_time", "recon_timefreq", "commitment"))
    )


@pytest.mark.parametrize(("channels", "length"), [(1, 16), (2, 16), (3, 101), (1, 3000)])
@pytest.mark.parametrize("name", NAMES)
def test_channels_and_lengths(name: str, channels: int, length: int) -> None:
    x, labels = series(channels, length).numpy(), torch.tensor([0, 1, 1]).numpy()
    dataset = Dataset(name="made", train=x, train_labels=labels, test=x, test_labels=labels, classes=("a", "b"))
    values = {"dataset": "made", "tokenizer": name, "ssl": "barlowtwins", "augmentations": ["window_warp"], **SMALL}
    run = Stage1Run(TrialConfig.from_dict(values).stage1, dataset)
    assert run.advance()["recon_time"] > 0
    assert run.result().metrics["recon_time"] is not None


def test_band_augmentations_change_their_band_only() -> None:
    values = {"dataset": "GunPoint", "tokenizer": "stft_lfhf", "ssl": "vicreg", "augmentations": ["flip"], **SMALL}
    own = {"high": [{"gaussian_noise": {"standard_deviation": 5.0}}]}
    trainers = [
        Stage1Run(
            TrialConfig.from_dict({**values, "band_augmentations": sets}).stage1, load_dataset("GunPoint")
        ).trainer
        for sets in ({}, own)
    ]
    x = trainers[0].series[:4]
    (_, plain), (_, noisy) = (trainer._augment(x, torch.Generator().manual_seed(0)) for trainer in trainers)
    assert torch.equal(plain[0], noisy[0])
    assert float((plain[1] - noisy[1]).abs().mean()) > 1.0


def test_unknown_band_is_refused() -> None:
    values = {
        "dataset": "GunPoint",
        "ssl": "vicreg",
        "augmentations": ["flip"],
        "band_augmentations": {"low": ["flip"]},
    }
    with pytest.raises(ConfigError, match="unknown band of tokenizer stft 'low'; valid: all"):
        TrialConfig.from_dict(values)
