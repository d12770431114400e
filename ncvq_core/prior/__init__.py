"""Stage 2's model: a masked transformer over the tokenizer's tokens, and sampling from it."""

from ncvq_core.prior.prior import Prior

__all__ = ["Prior"]
