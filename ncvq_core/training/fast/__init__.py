"""What is faster than plain torch, and harder to read; `NCVQ_PLAIN=1` runs without it (see `training.layers`)."""
