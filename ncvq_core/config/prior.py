"""What a stage 2 is, and how it is sampled from: the configurations of the prior and of its samples."""

import math
from dataclasses import dataclass, replace
from typing import Self

from ncvq_core.settings import setting, validate

TOKEN_EMBEDDINGS = ("learned", "codebook_init", "codebook_frozen", "codebook_finetuned")

HEAD_WIDTH = 64
"""Features of an attention head."""


@dataclass(frozen=True, kw_only=True)
class Stage2Config:
    """Everything that the prior's training depends on beside its tokenizer (defaults: the published study).

    Dataset, seed, precision and the validation part are those of its stage 1.
    """

    token_embedding: str = setting("learned", "the table that embeds tokens", choices=TOKEN_EMBEDDINGS)
    prior_epochs: int = setting(1000, "passes over TRAIN's tokens", minimum=1)
    prior_batch_size: int = setting(256, "series a step, at most", minimum=1)
    prior_learning_rate: float = setting(1e-3, "AdamW's initial rate, cosine to 0 over all steps", above=0)
    prior_weight_decay: float = setting(1e-3, "AdamW's decoupled weight decay", minimum=0)
    prior_width: int = setting(256, "features of a token in the transformer", minimum=1)
    prior_layers: int = setting(4, "layers of the transformer", minimum=1)
    prior_heads: int = setting(2, f"attention heads of {HEAD_WIDTH} features each", minimum=1)
    prior_feedforward: int = setting(
        1, "hidden features of a feed-forward block, as a multiple of prior_width", minimum=1
    )
    class_dropout: float = setting(
        0.2, "probability that a series is trained without its class, for guidance", minimum=0, maximum=1
    )
    token_temperature: float = setting(
        1.0, "temperature of softmax(−distance), from which TRAIN's tokens are drawn; 0: the nearest code", minimum=0
    )

    def __post_init__(self) -> None:
        """Check each value."""
        validate(self)

    @property
    def as_trained(self) -> Self:
        """The config whose training gives the same prior: codebook_finetuned differs in decoding only."""
        if self.token_embedding == "codebook_finetuned":
            return replace(self, token_embedding="codebook_init")
        return self


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How series are drawn from a prior (MaskGIT, arXiv 2202.04200, section 3.2; defaults: the published study)."""

    sampling_steps: int = setting(10, "forward passes in which all tokens are decided", minimum=1)
    choice_temperature: float = setting(4.0, "noise on the choice of the tokens to keep, falling to 0", minimum=0)
    guidance_scale: float = setting(
        1.0, "weight of the class in class-conditional samples; 1: no guidance", minimum=0, maximum=1000
    )

    def __post_init__(self) -> None:
        """Check each value."""
        validate(self)


def masked_after(step: int, steps: int, tokens: int) -> int:
    """Return how many of `tokens` are still masked after a sampling step, counted from 0; none after the last one.

    The schedule is that of the training's masks (MaskGIT, arXiv 2202.04200, section 3.1).
    """
    return math.floor(tokens * math.cos(0.5 * math.pi * (step + 1) / steps) + 1e-9)
