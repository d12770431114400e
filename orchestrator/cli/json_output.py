"""What `--json` prints: one document on standard output, and nothing else."""

import dataclasses
import json
import math
from datetime import datetime
from typing import Any


def print_json(document: Any) -> None:
    """Print a dataclass or a dictionary as JSON: numbers as numbers, times in ISO 8601, what is no number as null."""
    print(json.dumps(_plain(document), indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, datetime) else value
