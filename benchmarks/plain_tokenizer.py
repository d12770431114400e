"""Steps of stage 1 beside the same training in plain torch, in turn on the same machine.

The plain version is what one writes first, much like the published code: modules as they come, channels first, each
view encoded by itself, the whole cross-correlation matrix, AdamW without options, series augmented one at a time, one
backward pass, losses read in each step. It has the same parameters; float32.

    python -m benchmarks.plain_tokenizer --data-dir UCRArchive_2018 --threads 2
"""

import argparse
import multiprocessing
import statistics
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.units import seconds_of
from ncvq_core.config import TrialConfig
from ncvq_core.config.shapes import halvings
from ncvq_core.data import Scaling, load_dataset
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.memory import peak_memory_bytes
from ncvq_core.training.process import prepare_process

CASES = [("ECG5000", False), ("ECG5000", True), ("FordA", True)]
"""Dataset, and whether with Barlow Twins and slice_and_shuffle or without SSL."""

STEPS = 4
"""In a turn of each version."""

CHANNELS, CODES, WIDTH, KERNEL = 64, 32, 4096, ((3, 4), (1, 2), (1, 1))


class Residual(nn.Module):
    """A residual block."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.branch = nn.Sequential(
            nn.LeakyReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.BatchNorm2d(CHANNELS),
            nn.LeakyReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 64, H, W) to the same shape."""
        mapped: Tensor = x + self.branch(x)
        return mapped


class PlainTrainer:
    """Trains a tokenizer of univariate series (n, 1, L)."""

    def __init__(self, series: Tensor, with_ssl: bool) -> None:
        """Draw initial weights."""
        depth = halvings(series.shape[2], 8)
        self.series, self.length = series, series.shape[2]
        self.window = torch.hann_window(8)
        self.encoder, self.decoder = _encoder(depth), _decoder(depth)
        self.codes, self.sizes = torch.randn(CODES, CHANNELS), torch.ones(CODES)
        self.sums = self.codes.clone()
        self.projector = _projector() if with_ssl else None
        modules = [self.encoder, self.decoder, *([self.projector] if self.projector else [])]
        self.parameters = [parameter for module in modules for parameter in module.parameters()]
        self.optimizer = torch.optim.AdamW(self.parameters, 1e-3, weight_decay=1e-3)

    def step(self) -> float:
        """Do an optimiser step on 128 series and return the loss."""
        x = self.series[torch.randperm(len(self.series))[:128]]
        u = self._stft(x)
        z = self.encoder(u)
        quantized, commitment = self._quantize(z)
        loss = self._reconstruction_error(x, u, quantized) + commitment
        if self.projector:
            x_view = torch.stack([_slice_and_shuffle(one) for one in x])
            u_view = self._stft(x_view)
            z_view = self.encoder(u_view)
            loss = loss + 0.1 * self._reconstruction_error(x_view, u_view, z_view)
            loss = loss + _barlow_twins(self.projector(_pool(quantized)), self.projector(_pool(z_view)))
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.item()

    def _stft(self, x: Tensor) -> Tensor:
        u = torch.stft(x.squeeze(1), 8, 2, window=self.window, return_complex=True)
        return torch.stack([u.real, u.imag], dim=1)

    def _quantize(self, z: Tensor) -> tuple[Tensor, Tensor]:
        flat = z.permute(0, 2, 3, 1).reshape(-1, CHANNELS)
        index = torch.cdist(flat, self.codes).argmin(dim=1)
        with torch.no_grad():
            chosen = functional.one_hot(index, CODES).float()
            self.sizes.mul_(0.9).add_(chosen.sum(0), alpha=0.1)
            self.sums.mul_(0.9).add_(chosen.T @ flat, alpha=0.1)
            self.codes = self.sums / self.sizes.clamp_min(1e-5).unsqueeze(1)
        codes = self.codes[index].view(len(z), z.shape[2], z.shape[3], CHANNELS).permute(0, 3, 1, 2)
        return z + (codes - z).detach(), functional.mse_loss(z, codes)

    def _reconstruction_error(self, x: Tensor, u: Tensor, features: Tensor) -> Tensor:
        decoded = functional.interpolate(self.decoder(features), size=u.shape[2:], mode="bilinear")
        spectrum = torch.complex(decoded[:, 0], decoded[:, 1])
        series = torch.istft(spectrum, 8, 2, window=self.window, length=self.length).unsqueeze(1)
        return functional.mse_loss(series, x) + functional.mse_loss(decoded, u)


def _encoder(depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs in (2, *[CHANNELS] * (depth - 1)):
        conv = nn.Conv2d(inputs, CHANNELS, *KERNEL, padding_mode="replicate")
        layers += [conv, nn.BatchNorm2d(CHANNELS), nn.LeakyReLU()]
    return nn.Sequential(*layers, *_residuals())


def _decoder(depth: int) -> nn.Sequential:
    layers = _residuals()
    for _ in range(depth - 1):
        layers += [nn.ConvTranspose2d(CHANNELS, CHANNELS, *KERNEL), nn.BatchNorm2d(CHANNELS), nn.LeakyReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(CHANNELS, 2, *KERNEL), nn.ConvTranspose2d(2, 2, *KERNEL))


def _residuals() -> list[nn.Module]:
    return [layer for _ in range(4) for layer in (Residual(), nn.BatchNorm2d(CHANNELS))]


def _projector() -> nn.Sequential:
    hidden = [nn.Linear(2 * CHANNELS, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH))


def _pool(z: Tensor) -> Tensor:
    return torch.cat([z.mean(dim=(2, 3)), z.amax(dim=(2, 3))], dim=1)


def _barlow_twins(left: Tensor, right: Tensor) -> Tensor:
    left, right = (functional.batch_norm(side, None, None, training=True) for side in (left, right))
    correlation = left.T @ right / len(left)
    diagonal = torch.diagonal(correlation)
    off_diagonal = correlation.square().sum() - diagonal.square().sum()
    return ((diagonal - 1).square().sum() + 0.005 * off_diagonal) / WIDTH


def _slice_and_shuffle(series: Tensor) -> Tensor:
    cuts = sorted((torch.randperm(series.shape[1] - 1)[:3] + 1).tolist())
    segments = torch.tensor_split(series, cuts, dim=1)
    return torch.cat([segments[place] for place in torch.randperm(4).tolist()], dim=1)


class Version:
    """One of the two, in a process of its own: the allocator and threads are the process's."""

    def __init__(self, plain: bool, dataset: str, with_ssl: bool, data_dir: Path, threads: int) -> None:
        """Start the process and load the data."""
        self._process = multiprocessing.get_context("spawn").Pool(
            1, _start, (plain, dataset, with_ssl, data_dir, threads)
        )
        self.parameters: int = self._process.apply(_parameters)

    def steps(self) -> float:
        """Do a few steps and return their seconds."""
        return self._process.apply(_steps)

    def close(self) -> int:
        """Return the peak memory, bytes, and end the process."""
        with self._process as process:
            return process.apply(_peak_memory)


_trainer: PlainTrainer | Stage1Trainer


def _start(plain: bool, dataset: str, with_ssl: bool, data_dir: Path, threads: int) -> None:
    global _trainer
    prepare_process()
    torch.set_num_threads(threads)
    ssl = {"ssl": "barlowtwins", "augmentations": ["slice_and_shuffle"]} if with_ssl else {"ssl": "none"}
    config = TrialConfig.from_dict({"dataset": dataset, **ssl}).stage1
    data = load_dataset(dataset, data_dir)
    series = torch.from_numpy(Scaling.of(data.train).apply(data.train))
    _trainer = PlainTrainer(series, with_ssl) if plain else Stage1Trainer(config, series)


def _parameters() -> int:
    if isinstance(_trainer, PlainTrainer):
        return sum(map(torch.numel, _trainer.parameters))
    modules = [_trainer.tokenizer, *([_trainer.head] if _trainer.head else [])]
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def _steps() -> float:
    return seconds_of(lambda: [_trainer.step() for _ in range(STEPS)], 1)


def _peak_memory() -> int:
    return peak_memory_bytes(torch.device("cpu"))


def compare(dataset: str, with_ssl: bool, data_dir: Path, threads: int, rounds: int) -> str:
    """Return a row of the table.

    Raises:
        ValueError: the versions differ in the number of parameters.
    """
    versions = [Version(plain, dataset, with_ssl, data_dir, threads) for plain in (True, False)]
    if versions[0].parameters != versions[1].parameters:
        raise ValueError(f"{versions[0].parameters} parameters in plain torch, {versions[1].parameters} in ncvq")
    for version in versions:
        version.steps()
    pairs = [[version.steps() for version in versions] for _ in range(rounds)]
    plain, ours = (1000 * statistics.median(times) / STEPS for times in zip(*pairs, strict=True))
    ratio = statistics.median(plain / ours for plain, ours in pairs)
    memory = [version.close() / 1e9 for version in versions]
    name = f"{dataset}, barlowtwins, slice_and_shuffle" if with_ssl else f"{dataset}, none"
    return f"| {name} | {plain:.0f} | {ours:.0f} | {ratio:.2f} | {memory[0]:.2f} | {memory[1]:.2f} |"


def main() -> None:
    """Print one row a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="archive with ECG5000 and FordA")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print("| case | plain, ms/step | ncvq, ms/step | plain / ncvq | plain, peak GB | ncvq, peak GB |")
    print("|---|---|---|---|---|---|")
    for dataset, with_ssl in CASES:
        print(compare(dataset, with_ssl, arguments.data_dir, arguments.threads, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
