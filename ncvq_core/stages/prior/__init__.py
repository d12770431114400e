"""Stage 2: the prior."""
