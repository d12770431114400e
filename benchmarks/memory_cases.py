"""The trials whose memory is measured."""

from typing import Any

FLIP = ["flip"]
CASES: list[dict[str, Any]] = [
    {"ssl": "none", "length": 140},
    {"ssl": "none", "length": 140, "batch_size": 32},
    {"ssl": "none", "length": 500},
    {"ssl": "barlowtwins", "augmentations": FLIP, "length": 140},
    {"ssl": "barlowtwins", "augmentations": FLIP, "length": 500},
    {"ssl": "barlowtwins", "augmentations": FLIP, "length": 140, "projector_width": 256},
    {"ssl": "barlowtwins", "augmentations": FLIP, "length": 140, "batch_size": 32},
    {"ssl": "vibcreg", "augmentations": FLIP, "length": 140},
    {"ssl": "vibcreg", "augmentations": FLIP, "length": 500},
    {"ssl": "byol", "augmentations": FLIP, "length": 140},
    {"ssl": "byol", "augmentations": FLIP, "length": 500},
    {"ssl": "none", "length": 140, "stages": 2},
    {"ssl": "none", "length": 500, "stages": 2},
    {"ssl": "none", "length": 140, "stages": 2, "prior_batch_size": 64},
]
"""`length` of the series and values of the trial; all else is the published study's."""
