"""The fully convolutional network of Wang, Yan and Oates 2017 (arXiv 1611.06455)."""

import copy
from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from ncvq_core.config.fcn import FEATURES, KERNELS, POINTS, WIDTHS
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.scaling import SCALING
from ncvq_core.numerics import FIRST
from ncvq_core.training.layers import convolution_blocks
from ncvq_core.training.precision import full_precision, matrix_products

TEST_FEATURES = "test_features"
"""Name of a tensor (m, 128) kept with a network's weights: its features of TEST, computed once for a dataset."""

BESIDE = (TEST_FEATURES, SCALING)
"""Names of the tensors that are kept with a network's weights and are none."""


class Fcn(nn.Module):
    """Three blocks of convolution, batch norm and ReLU, the average over time, and a linear layer.

    Convolutions keep the length; an even kernel pads one zero more on the right than on the left. Names of parameters
    are those of the public supervised-FCN package, so that its state dicts can be loaded. Series are scaled by the mean
    and standard deviation of TRAIN, each channel by its own, as everywhere.

    Args:
        channels: C of the series.
        classes: K.
    """

    def __init__(self, channels: int, classes: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.layers = convolution_blocks((channels, *WIDTHS), KERNELS)
        self.final = nn.Linear(FEATURES, classes)

    @classmethod
    def of(cls, state: dict[str, Tensor]) -> Self:
        """Build the network that a state dict is of, in evaluation mode.

        Raises:
            KeyError: it lacks a parameter.
            RuntimeError: its shapes or names are those of something else.
        """
        with torch.random.fork_rng(devices=[]):  # the initial weights are replaced
            network = cls(state["layers.0.layers.0.weight"].shape[1], len(state["final.bias"]))
        network.load_state_dict(state)
        return network.eval()

    def features(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) to features (B, 128), float32 in any precision: classes may differ by little."""
        return self.layers.mean_over_time(x)

    def forward(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) to logits (B, K), float32."""
        return self.classify(self.features(x))

    def classify(self, features: Tensor) -> Tensor:
        """Map features (B, 128) to logits (B, K), float32."""
        with full_precision(features.device):
            logits: Tensor = self.final(features)
        return logits


class NormalizedFcn(nn.Module):
    """An FCN as it is trained: its features are normalised over the batch before the linear layer.

    Averages over time are nearly alike for all series at first; normalised, a linear layer tells them apart within tens
    of steps instead of hundreds. It is the same family of functions: `folded` returns the plain FCN.

    Args:
        channels: C of the series.
        classes: K.
    """

    def __init__(self, channels: int, classes: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.fcn = Fcn(channels, classes)
        self.normalization = nn.BatchNorm1d(FEATURES, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) to logits (B, K)."""
        return self.fcn.classify(self.normalization(self.fcn.features(x)))

    @torch.no_grad()
    def folded(self) -> Fcn:
        """Return the FCN that this network is in evaluation mode; a copy."""
        plain = copy.deepcopy(self.fcn).eval().requires_grad_(False)
        mean, variance = self.normalization.running_mean, self.normalization.running_var
        assert mean is not None
        assert variance is not None
        plain.final.weight.div_((variance + self.normalization.eps).sqrt())
        plain.final.bias.sub_(plain.final.weight @ mean)
        return plain


class Judged(NamedTuple):
    """Output of the network for series."""

    features: Tensor
    """(n, 128), float32."""
    logits: Tensor
    """(n, K), float32."""


class JudgedTest(NamedTuple):
    """Output of the network for a dataset's TEST."""

    features: Tensor
    """(m, 128), float32."""
    accuracy: float


def network_scaling(tensors: Mapping[str, Tensor], dataset: Dataset) -> Scaling:
    """Return the scaling that a network was trained with.

    Networks from versions that scaled all channels together have no tensor of it.
    """
    if SCALING in tensors:
        return Scaling.of_tensor(tensors[SCALING], dataset.channels)
    return Scaling.of(dataset.train) if dataset.channels == 1 else Scaling.shared(dataset.train)


def said_scaling(dataset: Dataset) -> dict[str, Tensor]:
    """Return the tensor that says how a network's series are scaled; none where all versions scale them alike."""
    return {} if dataset.numerics_version == FIRST else {SCALING: Scaling.of(dataset.train).tensor()}


def judge_test(network: Fcn, dataset: Dataset, device: torch.device, scaling: Scaling | None = None) -> JudgedTest:
    """Classify a dataset's TEST by a network on a device; the scaling defaults to that of the dataset's TRAIN."""
    scaling = scaling or Scaling.of(dataset.train)
    series = torch.from_numpy(scaling.apply(dataset.test)).to(device)
    features, logits = judge_series(network, series)
    predicted = logits.argmax(dim=1).cpu().numpy()
    return JudgedTest(features, float((predicted == dataset.test_labels).mean()))


@torch.inference_mode()
def judge_series(network: Fcn, series: Tensor, precision: str = "fp32") -> Judged:
    """Return features and logits of scaled series (n, C, L); the network is left in the mode it came in.

    Nothing of the network changes. Features that are compared with published ones need fp32.
    """
    was_training = network.training
    network.eval()
    try:
        parts = []
        for x in torch.split(series, max(1, POINTS // series.shape[2])):
            with matrix_products(precision, series.device):
                features = network.features(x)
            parts.append((features, network.classify(features)))
    finally:
        network.train(was_training)
    features, logits = (torch.cat(part) for part in zip(*parts, strict=True))
    return Judged(features, logits)
