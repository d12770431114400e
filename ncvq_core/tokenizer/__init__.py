"""Stage 1's model."""

from ncvq_core.tokenizer.tokenizer import Tokenizer, pool

__all__ = ["Tokenizer", "pool"]
