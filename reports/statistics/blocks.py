"""Rule 2, second half: a block is the mean of the pairs of one (dataset, seed), and what is compared is blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.store.status import Status
from reports.statistics.conditions import largest_condition
from reports.statistics.pairs import ENDED, OF_REFERENCE
from reports.statistics.specification import Options

BLOCK = ["level", "dataset", "seed"]

BLOCK_COLUMNS = (
    "level", "reference", "dataset", "seed", "pairs", "pairs_valid", "pairs_kept", "difference", "rounding", "problem",
    "used", "condition", "commits_differ", "ended", "diverged", "ended_reference", "diverged_reference",
)  # fmt: skip


def make_blocks(pairs: pd.DataFrame, options: Options | None = None) -> pd.DataFrame:
    """Average the pairs of each level, dataset and seed.

    Args:
        pairs: what make_pairs returns.
        options: partial (use the pairs that all blocks have) and pool (blocks of different conditions together).

    Returns:
        One row a block, BLOCK_COLUMNS: pairs (of the design), pairs_valid and pairs_kept (in the mean), difference
        (their mean, missing where the block is not used), problem (why it is not used), used, ended and diverged
        (whether any trial of the level ended, and diverged), the same of the reference.
    """
    options = options or Options()
    if pairs.empty:
        return pd.DataFrame(columns=list(BLOCK_COLUMNS))
    codes, places = _codes(pairs)
    kept = kept_pairs(pairs, options)
    means = _means(kept, codes[kept.index.to_numpy()], len(places))
    blocks = pd.DataFrame({**_outcomes(pairs, codes, places), **means})
    blocks["problem"] = blocks["problem"].mask(blocks["pairs_kept"].isna(), "no pair that all blocks have")
    blocks = _one_condition(blocks, pool=options.pool)
    used = blocks["problem"].isna()
    return blocks.assign(used=used, difference=blocks["difference"].where(used))[list(BLOCK_COLUMNS)]


def kept_pairs(pairs: pd.DataFrame, options: Options) -> pd.DataFrame:
    """The pairs that blocks are made of: all, or with partial those that every block with any valid pair has."""
    if not options.partial or pairs.empty:
        return pairs
    valid = pairs["problem"].isna()
    alive = valid.groupby([pairs[name] for name in BLOCK]).transform("any")
    lacking = pairs.loc[alive & ~valid, ["level", "pair"]].drop_duplicates()
    lost = pd.MultiIndex.from_frame(lacking)
    return pairs[~pd.MultiIndex.from_frame(pairs[["level", "pair"]]).isin(lost)]


def _codes(pairs: pd.DataFrame) -> tuple[NDArray[np.intp], list[int]]:
    """The number of the block of each pair, and the place of the first pair of each block."""
    numbers: dict[tuple[str, str, str], int] = {}
    keys = zip(*(pairs[name].to_numpy(dtype=object) for name in BLOCK), strict=True)
    codes = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)
    return codes, np.unique(codes, return_index=True)[1].tolist()


def _outcomes(pairs: pd.DataFrame, codes: NDArray[np.intp], places: list[int]) -> dict[str, Any]:
    """How the trials of each block ended."""
    firsts = pairs[[*BLOCK, "reference"]].iloc[places]
    status, other = (pairs[name].to_numpy(dtype=object) for name in ("status", "status" + OF_REFERENCE))
    flags = {
        "commits_differ": pairs["commits_differ"].to_numpy(dtype=bool),
        "ended": np.isin(status, ENDED),
        "diverged": status == Status.DIVERGED,
        "ended_reference": np.isin(other, ENDED),
        "diverged_reference": other == Status.DIVERGED,
    }
    return {
        **{name: firsts[name].to_numpy(dtype=object) for name in (*BLOCK, "reference")},
        "pairs": np.bincount(codes),
        "pairs_valid": np.bincount(codes[pairs["problem"].isna().to_numpy()], minlength=len(places)),
        **{name: np.bincount(codes[flag], minlength=len(places)) > 0 for name, flag in flags.items()},
    }


def _means(pairs: pd.DataFrame, codes: NDArray[np.intp], count: int) -> dict[str, Any]:
    """Mean difference of each block, missing with its problems where a pair is invalid."""
    sizes = np.bincount(codes, minlength=count)
    difference = pairs["difference"].to_numpy(dtype=float)
    valid, known = pairs["problem"].isna().to_numpy(), ~np.isnan(difference)
    shares = np.bincount(codes[known], difference[known] / sizes[codes[known]], minlength=count)
    rounding = np.full(count, np.nan)
    np.fmax.at(rounding, codes, pairs["rounding"].to_numpy(dtype=float))
    conditions: list[set[str]] = [set() for _ in range(count)]
    for code, condition in zip(codes[valid], pairs["condition"].to_numpy(dtype=object)[valid], strict=True):
        conditions[code].add(condition)
    problems = {code: _problems(pairs[codes == code]) for code in np.unique(codes[~valid])}
    return {
        "pairs_kept": np.where(sizes > 0, sizes, np.nan),
        "difference": np.where(np.bincount(codes[known], minlength=count) > 0, shares, np.nan),
        "rounding": rounding,
        "problem": pd.Series([problems.get(code) for code in range(count)], dtype="str"),
        "condition": pd.Series([" and ".join(sorted(each)) if each else None for each in conditions], dtype="str"),
    }


def _problems(pairs: pd.DataFrame) -> str | None:
    """Each problem of a block once, with the pairs that have it where not all have."""
    texts = []
    for problem, rows in pairs.dropna(subset=["problem"]).groupby("problem", sort=False):
        where = "" if len(rows) == len(pairs) else f" ({'; '.join(rows['pair'])})"
        texts.append(f"{problem}{where}")
    return ", ".join(texts) or None


def _one_condition(blocks: pd.DataFrame, *, pool: bool) -> pd.DataFrame:
    """Leave apart the blocks of a level and dataset that ran under other conditions than most of them."""
    if pool:
        return blocks
    good = blocks["problem"].isna()
    group = blocks["level"] + "\n" + blocks["dataset"]
    kept = largest_condition(blocks["condition"], group, good)
    apart = good & (blocks["condition"] != kept)
    for index in blocks.index[apart]:
        blocks.loc[index, "problem"] = _apart(str(blocks.loc[index, "condition"]), str(kept[index]))
    return blocks


def _apart(condition: str, kept: str) -> str:
    """In what a condition differs from the one that is kept."""
    here, there = condition.split(", "), kept.split(", ")
    own, most = ([part for part in a if part not in b] for a, b in ((here, there), (there, here)))
    return f"left apart: {', '.join(own)} instead of {', '.join(most)}"
