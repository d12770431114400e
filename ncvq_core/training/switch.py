"""The switch between ncvq's own layers and plain torch; needs no torch."""

import os

from ncvq_core.errors import ConfigError

SWITCH = "NCVQ_PLAIN"
"""Environment variable: with 1, nothing of `training.fast` is used."""


def is_plain() -> bool:
    """Return whether models and optimisers are to be built of plain torch alone.

    Raises:
        ConfigError: the environment variable is neither 0 nor 1.
    """
    written = os.environ.get(SWITCH, "")
    if written not in ("", "0", "1"):
        raise ConfigError(f"{SWITCH} = {written!r}: must be 1 (plain torch alone) or 0")
    return written == "1"
