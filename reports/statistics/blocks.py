"""Rule 2, second half: a block is the mean of the pairs of one (dataset, seed), and what is compared is blocks."""

from __future__ import annotations

import pandas as pd

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
    blocks = _outcomes(pairs).join(_means(kept_pairs(pairs, options)), on=BLOCK)
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


def _outcomes(pairs: pd.DataFrame) -> pd.DataFrame:
    """How the trials of each block ended."""
    table = pairs[[*BLOCK, "reference", "commits_differ"]].assign(
        pairs=1,
        pairs_valid=pairs["problem"].isna().astype(int),
        ended=pairs["status"].isin(ENDED),
        diverged=pairs["status"] == Status.DIVERGED,
        ended_reference=pairs["status" + OF_REFERENCE].isin(ENDED),
        diverged_reference=pairs["status" + OF_REFERENCE] == Status.DIVERGED,
    )
    found = table.groupby(BLOCK, sort=False)
    sums = found[["pairs", "pairs_valid"]].sum()
    flags = ["commits_differ", "ended", "diverged", "ended_reference", "diverged_reference"]
    firsts = found["reference"].first().to_frame()
    return firsts.join(sums).join(found[flags].any()).reset_index()


def _means(pairs: pd.DataFrame) -> pd.DataFrame:
    """Mean difference of each block, missing with its problems where a pair is invalid; indexed by BLOCK."""
    found = pairs.groupby(BLOCK, sort=True)
    count = found.size()
    share = pairs["difference"].astype(float) / found["level"].transform("size")
    conditions = pairs.loc[pairs["problem"].isna(), [*BLOCK, "condition"]].drop_duplicates().sort_values("condition")
    invalid = pairs[pairs["problem"].notna()][BLOCK].drop_duplicates().merge(pairs, on=BLOCK)
    problems = {key: _problems(rows) for key, rows in invalid.groupby(BLOCK)}
    return pd.DataFrame(
        {
            "pairs_kept": count,
            "difference": share.groupby([pairs[name] for name in BLOCK]).sum(min_count=1),
            "rounding": found["rounding"].max(),
            "problem": pd.Series([problems.get(key) for key in count.index], index=count.index, dtype="str"),
            "condition": conditions.groupby(BLOCK)["condition"].agg(" and ".join),
        }
    )


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
