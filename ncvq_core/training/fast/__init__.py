"""What is faster than plain torch, and harder to read."""
