"""Series from a trained tokenizer and prior."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError, ConfigError, misfit
from ncvq_core.prior import Prior
from ncvq_core.prior.prior import token_spaces
from ncvq_core.prior.sampling import sample_tokens
from ncvq_core.tokenizer.load import TOKENIZER, TrainedTokenizer, load_tokenizer
from ncvq_core.training.precision import check_exact_float32, matrix_products
from ncvq_core.training.sizes import EVALUATION_BATCH

BATCH = EVALUATION_BATCH


class Generator:
    """Draws series.

    Args:
        tokenizer: decodes tokens.
        prior: draws tokens; in evaluation mode.
        sampling: how.
        precision: of the matrix products, `fp32` or `bf16`.
    """

    def __init__(self, tokenizer: TrainedTokenizer, prior: Prior, sampling: SamplingConfig, precision: str) -> None:
        """Take up the models."""
        self.tokenizer = tokenizer
        self.prior = prior
        self.sampling = sampling
        self.precision = precision
        self.device = tokenizer.model.codebooks[0].codes.device
        check_exact_float32(self.device)

    @torch.inference_mode()
    def sample(self, labels: Tensor, draws: torch.Generator) -> Tensor:
        """Draw series of given classes.

        Args:
            labels: (n,), index of each series' class; the number of classes stands for none.
            draws: source of all randomness, on the generator's device.

        Returns:
            Series (n, C, L) in the units of the data, in float64 where float32 would lose their digits.
        """
        parts = [self._sample(batch, draws) for batch in torch.split(labels.to(self.device), BATCH)]
        return self.tokenizer.scaling.undo(torch.cat(parts))

    def unconditional(self, count: int) -> Tensor:
        """Return the labels with which `sample` draws series of no class."""
        return torch.full((count,), self.prior.classes)

    def _sample(self, labels: Tensor, draws: torch.Generator) -> Tensor:
        model = self.tokenizer.model
        with matrix_products(self.precision, self.device):
            tokens = sample_tokens(self.prior, labels, self.sampling, draws)
            codes = self.prior.decoding_codes([book.codes for book in model.codebooks])
            features = [
                functional.embedding(band, table).transpose(1, 2).reshape(len(band), -1, *network.size)
                for band, table, network in zip(tokens, codes, self.prior.networks, strict=True)
            ]
            return model.decode(features).series.float()


def load_generator(
    config: TrialConfig,
    dataset: Dataset,
    tokenizer: Mapping[str, Tensor],
    prior: Mapping[str, Tensor],
    device: torch.device | None = None,
) -> Generator:
    """Build a generator from what both stages left behind.

    Args:
        config: a trial with stage 2.
        dataset: the data that the trial names.
        tokenizer: `StageResult.tensors` of its stage 1.
        prior: the same of its stage 2.
        device: where to put it; default CPU.

    Raises:
        ConfigError: the trial has no prior.
        CheckpointError: tensors of another config or dataset.
    """
    if config.stage2 is None or config.sampling is None:
        raise ConfigError("this trial has no prior to sample from: it needs stages: 2", "stages")
    device = device or torch.device("cpu")
    trained = load_tokenizer(config.stage1, dataset, tokenizer, device)
    model = _load_prior(config.stage2, trained, dataset, prior)
    return Generator(trained, model, config.sampling, config.stage1.precision)


def _load_prior(
    config: Stage2Config, trained: TrainedTokenizer, dataset: Dataset, tensors: Mapping[str, Tensor]
) -> Prior:
    weights = dict(tensors)
    made_with = weights.pop(TOKENIZER, trained.checksum)
    if not torch.equal(made_with, trained.checksum):
        raise CheckpointError(f"the prior of {dataset.name} was trained on another tokenizer than stage 1's")
    with torch.random.fork_rng(devices=[]):  # of weights that are replaced
        prior = Prior(config, token_spaces(trained.model), len(dataset.classes))
    prior.to(trained.model.codebooks[0].codes.device)
    try:
        prior.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"stage 2 does not fit {dataset.name} and its config: {misfit(error)}") from error
    return prior.requires_grad_(False).eval()
