"""What another tool logged, by step, as our history, by epoch."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.importing.mapping_parts import EPOCH
from orchestrator.importing.table import ImportingError
from orchestrator.store.parts import TRIAL_ID


def by_epoch(
    steps: Iterable[Mapping[str, Any]], columns: Mapping[str, Mapping[str, str]], trial_id: str, place: str
) -> list[dict[str, Any]]:
    """Return rows of our history: of each column the mean over the steps of an epoch that have a finite number.

    Args:
        steps: what was logged, its values by column.
        columns: by stage, the column of each of ours, that of the epoch among them.
        trial_id: of all rows.
        place: what to call the run in an error.

    Returns:
        One row a stage and epoch, in order; a step without its epoch is in none.

    Raises:
        ImportingError: an epoch is no whole number.
    """
    values: dict[tuple[str, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for step in steps:
        for stage, of_stage in columns.items():
            if step.get(of_stage[EPOCH]) is None:
                continue
            epoch = _epoch(step[of_stage[EPOCH]], of_stage[EPOCH], place)
            for name, column in of_stage.items():
                number = math.nan if name == EPOCH else _number(step.get(column))
                if math.isfinite(number):
                    values[stage, epoch][name].append(number)
    return [
        {TRIAL_ID: trial_id, "stage": stage, EPOCH: epoch}
        | {name: math.fsum(numbers) / len(numbers) for name, numbers in values[stage, epoch].items()}
        for stage in columns
        for epoch in sorted(epoch for of, epoch in values if of == stage)
    ]


def _epoch(value: Any, column: str, place: str) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ImportingError(f"{place}: {column} = {value!r}: must be a whole number")
    return int(number)


def _number(value: Any) -> float:
    """Return a number as the service writes it, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
