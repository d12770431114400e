"""`python -m benchmarks.gpu`: what has to be true on a GPU, and how fast it is there.

Needs a machine with torch and numpy; a check that needs more, or a GPU where there is none, says so and does not count.
"""
