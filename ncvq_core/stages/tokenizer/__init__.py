"""Stage 1: the tokenizer."""
