"""A figure of the largest size, with as much in it as a report's."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure


def busy_picture() -> bytes:
    """Its PNG: twelve panels of three noisy curves with bands."""
    generator = np.random.default_rng(5)
    figure = Figure(figsize=(12, 9))
    for axes in figure.subplots(3, 4).flat:
        for shade in range(3):
            middle = np.cumsum(generator.normal(size=250))
            axes.fill_between(range(250), middle - 3, middle + 3, alpha=0.3)
            axes.plot(middle, label=f"method {shade}")
        axes.legend(fontsize=7)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=160)
    return file.getvalue()
