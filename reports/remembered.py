"""What is worked out once for the results of a sweep, however many figures and tables ask for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from reports.read_store import Results

Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


def once(make: Callable[Concatenate[Results, Arguments], Made]) -> Callable[Concatenate[Results, Arguments], Made]:
    """Let a function of results keep what it returns: for the same arguments, which must be hashable, the same object.

    Nobody may change a table that it returns.
    """

    @wraps(make)
    def kept(results: Results, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Made:
        key = (make, args, tuple(kwargs.items()))
        if key not in results.remembered:
            results.remembered[key] = make(results, *args, **kwargs)
        return results.remembered[key]  # type: ignore[no-any-return]

    return kept
