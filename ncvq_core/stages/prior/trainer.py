"""Stage 2: training the prior, as a step machine."""

import torch
from torch import Tensor, nn

from ncvq_core.config.prior import Stage2Config
from ncvq_core.prior import Prior
from ncvq_core.prior.token_source import TokenSource
from ncvq_core.training.precision import matrix_products
from ncvq_core.training.seeding import initial_weights, stream
from ncvq_core.training.trainer import LEARNING_RATE, Trainer

PRIOR_HISTORY = ("prior_loss", LEARNING_RATE)


class Stage2Trainer(Trainer):
    """Trains one prior: cross-entropy of the masked tokens, at mask ratios cos(π t / 2) with t ~ U(0, 1).

    Args:
        config: the stage's configuration.
        source: TRAIN's tokens.
        labels: (n,), class of each series of TRAIN.
        classes: number of classes.
        seed: of the trial.
        precision: of the matrix products, `fp32` or `bf16`.

    Attributes:
        prior: the model.
    """

    loss_name = "prior_loss"
    history_columns = PRIOR_HISTORY
    order_stream = "batch order of the prior"
    draws_stream = "tokens and masks"

    def __init__(
        self, config: Stage2Config, source: TokenSource, labels: Tensor, classes: int, *, seed: int, precision: str
    ) -> None:
        """Draw initial weights."""
        self.config = config
        self.source = source
        self.labels = labels
        self.precision = precision
        self._seed = seed
        with initial_weights(seed, "prior"):
            self.prior = Prior(config, source.spaces, classes).to(labels.device)
        super().__init__(
            nn.ModuleDict({"prior": self.prior}),
            labels.device,
            seed=seed,
            series=len(labels),
            batch_size=config.prior_batch_size,
            epochs=config.prior_epochs,
            learning_rate=config.prior_learning_rate,
            weight_decay=config.prior_weight_decay,
            early=self.prior,
        )

    @torch.inference_mode()
    def held_out_loss(self, source: TokenSource, labels: Tensor) -> float:
        """Return the loss on series that are not trained on, each with its class; nothing of the trainer changes.

        Tokens and masks are always the same, and the mask ratios evenly spread over the series.
        """
        draws = stream(self._seed, "held-out tokens and masks", self.device)
        total = 0.0
        everything = torch.arange(len(labels), device=self.device)
        for batch in torch.split(everything, self.config.prior_batch_size):
            progress = (torch.arange(len(batch), device=self.device) + 0.5) / len(batch)
            with matrix_products(self.precision, self.device):
                loss = self.prior(source.draw(batch, draws), labels[batch], progress, draws)
            total += float(loss) * len(batch)
        return total / len(labels)

    def _backward(self, batch: Tensor) -> list[Tensor]:
        tokens = self.source.draw(batch, self.draws)
        draw = torch.rand(2, len(batch), generator=self.draws, device=self.device)
        labels = self.labels[batch].masked_fill(draw[0] < self.config.class_dropout, self.prior.classes)
        with matrix_products(self.precision, self.device):
            loss = self.prior(tokens, labels, draw[1], self.draws)
        torch.autograd.backward(loss)
        return [loss]
