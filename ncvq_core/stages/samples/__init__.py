"""Samples of the prior, and the numbers by which they are judged."""
