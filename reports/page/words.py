"""Times and sizes in words."""

from __future__ import annotations

import pandas as pd


def duration(seconds: float) -> str:
    """For example "2 h 05 min"."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory(size: float) -> str:
    """Bytes as GiB or MiB; says where nothing is recorded."""
    if pd.isna(size):
        return "not recorded"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def moment(iso: str) -> str:
    """An ISO time to the minute, in UTC: "2026-01-31 09:05 UTC"; other text as it is."""
    try:
        return pd.Timestamp(iso).tz_convert("UTC").strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, TypeError):
        return iso
