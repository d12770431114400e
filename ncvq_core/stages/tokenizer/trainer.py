"""Stage 1: training the tokenizer, as a step machine."""

import copy
from contextlib import AbstractContextManager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.momentum import follow_parameters
from ncvq_core.stages.tokenizer.kind import TRAINED
from ncvq_core.stages.tokenizer.views import augmented_view
from ncvq_core.tokenizer import Tokenizer, pool
from ncvq_core.tokenizer.codebook import Quantized, perplexity
from ncvq_core.tokenizer.reconstruction_error import band_errors
from ncvq_core.training.precision import matrix_products
from ncvq_core.training.seeding import initial_weights, stream
from ncvq_core.training.trainer import Trainer


class View(NamedTuple):
    """A batch where its backward pass is cut, between encoder and all that follows, and its reconstruction errors."""

    features: list[Tensor]
    """(B, D, H, W′) of each band, with the encoder's graph."""
    leaves: list[Tensor]
    """The same numbers without it; the gradients of what follows are summed in them."""
    recon_time: Tensor
    """Scalar: MSE of the series."""
    recon_timefreq: Tensor
    """Scalar: MSE of the maps, summed over bands."""


class Stage1Trainer(Trainer):
    """Trains one tokenizer.

    Attributes:
        tokenizer: the model.
        head: the SSL method's projector and loss, None without SSL.
        target: the momentum copy whose encoder gives the targets, None for a method without one.
    """

    loss_name = "loss"
    history_columns = TRAINED
    order_stream = "batch order"
    draws_stream = "augmentation"

    def __init__(self, config: Stage1Config, series: Tensor, device: torch.device | None = None) -> None:
        """Draw initial weights and put the data on the device.

        Args:
            config: the stage's configuration.
            series: scaled training series, (n, C, L), float32.
            device: where to train; default CPU.
        """
        self.config = config
        device = device or torch.device("cpu")
        self.series = series.to(device)
        _, channels, length = series.shape
        with initial_weights(config.seed, "tokenizer"):
            self.tokenizer = Tokenizer(config, channels, length).to(device)
        modules = nn.ModuleDict({"tokenizer": self.tokenizer})
        self.head: SSLHead | None = None
        self.target: Tokenizer | None = None
        if config.ssl is not None:
            with initial_weights(config.seed, "ssl head"):
                features = 2 * config.channels * len(self.tokenizer.bands)
                self.head = config.ssl.head(features, config.projector_width).to(device)
            modules["head"] = self.head
            self.ssl_weight = config.ssl.default_weight if config.ssl_weight is None else config.ssl_weight
            self.aug_recon_weight = config.aug_recon_weight or 0.0  # never None with a method
            if self.head.encoder_momentum is not None:
                self.target = copy.deepcopy(self.tokenizer).requires_grad_(False)
                modules["target"] = self.target
        super().__init__(
            modules,
            device,
            seed=config.seed,
            series=len(series),
            batch_size=config.batch_size,
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            early=self.head,
        )

    def history_row(self, epoch: int) -> dict[str, float]:
        """Return the means over an epoch, counted from 0; SSL's own entries are left out without SSL."""
        row = super().history_row(epoch)
        if self.head is None:
            for name in ("aug_recon_time", "aug_recon_timefreq", "ssl_loss"):
                del row[name]
        return row

    @torch.inference_mode()
    def held_out_ssl_loss(self, x: Tensor) -> float | None:
        """Return the SSL loss of series (B, C, L) that are not trained on; None without SSL.

        Evaluation mode, and always the same augmentations, from a stream of their own: nothing of the trainer changes.
        """
        if self.head is None:
            return None
        draws = stream(self.config.seed, "held-out augmentation", self.device)
        self._modules.eval()
        try:
            bands = self.tokenizer.transform(x)
            _, bands_view = self._augment(x, draws)
            quantized = self.tokenizer.quantize(self.tokenizer.encode(bands))
            pooled, pooled_view = pool([band.features for band in quantized]), pool(self.tokenizer.encode(bands_view))
            return float(self.head(pooled, pooled_view, self._targets(bands, bands_view)))
        finally:
            self._modules.train()

    def eager_update(self, batch: Tensor) -> Tensor:
        """Let the copies that follow the trained parameters do so, too."""
        measured = super().eager_update(batch)
        if self.head is not None:
            self.head.follow()
            if self.target is not None and self.head.encoder_momentum is not None:
                follow_parameters(self.target, self.tokenizer, self.head.encoder_momentum)
        return measured

    def _backward(self, batch: Tensor) -> list[Tensor]:
        """Give the parameters the gradients of a batch (B,) and return the entries of TRAINED but the last.

        Each decoder pass and the SSL head go backward as soon as they went forward, down to the features, so that the
        activations of one at a time are held; the encoder follows at the end, with the sum of what came down.
        """
        x = self.series[batch]
        with self._products():
            bands = self.tokenizer.transform(x)
            quantized = self.tokenizer.quantize(self.tokenizer.encode(bands))
        commitment = torch.stack([band.commitment for band in quantized]).sum()
        view = self._reconstruct(x, bands, [band.features for band in quantized], 1.0)
        views = [view]
        loss = view.recon_time + view.recon_timefreq + self.config.commitment_weight * commitment
        extra = [loss.new_zeros(())] * 3
        if self.head is not None:
            with self._products():
                x_view, bands_view = self._augment(x, self.draws)
                features = self.tokenizer.encode(bands_view)
            augmented = self._reconstruct(x_view, bands_view, features, self.aug_recon_weight)
            views.append(augmented)
            with self._products():
                targets = self._targets(bands, bands_view)
                ssl_loss = self.head(pool(view.leaves), pool(augmented.leaves), targets)
            torch.autograd.backward(self.ssl_weight * ssl_loss)
            loss = loss + self.aug_recon_weight * (augmented.recon_time + augmented.recon_timefreq)
            loss = loss + self.ssl_weight * ssl_loss
            extra = [augmented.recon_time, augmented.recon_timefreq, ssl_loss]
        self._encoder_backward(self.config.commitment_weight * commitment, views)
        errors = [view.recon_time, view.recon_timefreq, commitment]
        return [loss, *errors, *extra, mean_perplexity(quantized)]

    def _reconstruct(self, x: Tensor, bands: list[Tensor], features: list[Tensor], weight: float) -> View:
        """Measure what the decoders make of features, and take the weighted errors backward down to the features."""
        leaves = [band.detach().requires_grad_() for band in features]
        with self._products():
            reconstruction = self.tokenizer.decode(leaves)
            recon_time = functional.mse_loss(reconstruction.series, x)
            recon_timefreq = band_errors(reconstruction.bands, bands)
        torch.autograd.backward(weight * (recon_time + recon_timefreq))
        return View(features, leaves, recon_time.detach(), recon_timefreq.detach())

    @staticmethod
    def _encoder_backward(commitment: Tensor, views: list[View]) -> None:
        features = [band for view in views for band in view.features]
        gradients = [leaf.grad for view in views for leaf in view.leaves if leaf.grad is not None]
        torch.autograd.backward([commitment, *features], [torch.ones_like(commitment), *gradients])

    def _products(self) -> AbstractContextManager[object]:
        return matrix_products(self.config.precision, self.device)

    @torch.no_grad()
    def _augment(self, x: Tensor, draws: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        return augmented_view(x, self.config, self.tokenizer.transform, draws)

    @torch.no_grad()
    def _targets(self, bands: list[Tensor], bands_view: list[Tensor]) -> Targets | None:
        """Return what the momentum encoder sees in both views; None for a method without one."""
        if self.target is None:
            return None
        return pool(self.target.encode(bands)), pool(self.target.encode(bands_view))


def mean_perplexity(quantized: list[Quantized]) -> Tensor:
    """Return the perplexity of a batch's codes, averaged over the bands' codebooks."""
    return torch.stack([perplexity(band.usage) for band in quantized]).mean()
