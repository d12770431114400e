"""The table of a figure as CSV, from which the same table is read again."""

from __future__ import annotations

import hashlib
import io

import pandas as pd

NUMBERS = {"float64", "int64", "bool"}


def table_text(table: pd.DataFrame) -> str:
    """The table as CSV; floats are the shortest that are read back to the same number, missing values are empty."""
    return table.to_csv(index=False)


def column_types(table: pd.DataFrame) -> dict[str, str]:
    """The type of each column: those of NUMBERS, else text."""
    return {str(name): str(kind) if str(kind) in NUMBERS else "str" for name, kind in table.dtypes.items()}


def read_table(text: str, types: dict[str, str]) -> pd.DataFrame:
    """The table that table_text wrote."""
    return pd.read_csv(
        io.StringIO(text), dtype=types, keep_default_na=False, na_values={name: [""] for name in types},
        float_precision="round_trip",
    )  # fmt: skip


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
