"""The exception tree: everything that ncvq raises on purpose is an `NcvqError` with a one-line message."""

import difflib
import textwrap
from collections.abc import Iterable


class NcvqError(Exception):
    """Base of all errors that a user can cause or repair; the message is one line and says what to do."""


class ConfigError(NcvqError):
    """A configuration value that cannot be used.

    Attributes:
        field: name of the offending field, so that a caller can point at the line it came from.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        """Keep the message and the name of the offending field."""
        super().__init__(message)
        self.field = field


class DataError(NcvqError):
    """A dataset that is missing, unreadable or unusable."""


class NotAtHandError(DataError):
    """A dataset that is neither here nor can be downloaded now; another machine, or a later day, may have it."""


class CheckpointError(NcvqError):
    """A checkpoint or weights file that does not belong to the model it is loaded into."""


def misfit(error: Exception) -> str:
    """Return one line on why tensors do not fit a model; torch's message has many, a KeyError only a name."""
    return (
        f"lacks {error.args[0]}" if isinstance(error, KeyError) else textwrap.shorten(str(error), 400, placeholder=" …")
    )


class DivergedError(NcvqError):
    """A training loss that became infinite or NaN."""


def unknown_name(kind: str, name: object, valid: Iterable[str], field: str | None = None) -> ConfigError:
    """Return the error for an unknown name: it lists the valid ones, the nearest first."""
    names = sorted(valid)
    nearest = difflib.get_close_matches(str(name), names, n=max(1, len(names)), cutoff=0.5)
    ordered = [*nearest, *(other for other in names if other not in nearest)]
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    return ConfigError(f"unknown {kind} {name!r}{hint}; valid: {', '.join(ordered) or 'none is there'}", field)
