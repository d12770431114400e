"""One claim in words, from one row of the table of claims."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ncvq_core.metrics import Metric
from reports.claims.wording import count_words, effect_words, interval_words, listed, margin_words, p_words
from reports.statistics.effects import CANNOT_SAY, IDENTICAL, OTHER_MEANING, SAME_DIFFERENCE
from reports.statistics.verdicts import (
    AND_EQUIVALENT,
    BETTER,
    CANNOT_BE_SAID,
    EQUIVALENT,
    FEW_SEEDS,
    UNDECIDED_BECAUSE,
    WORSE,
)

Row = Mapping[str, Any]

NAMED = 8
"""Blocks that a sentence names, at most."""

_BLOCK = re.compile(r"(?:^|; )([^:;]+ seed [^:;]+): ")


def sentence(row: Row, metric: Metric, averaged_over: list[str]) -> str:
    """Say what a row of the claims says, with all that it rests on.

    Args:
        row: of the table of claims.
        metric: the metric that it is about.
        averaged_over: the other factors over whose levels its blocks are means.
    """
    verdict, reason = row["verdict"], row["reason"]
    if reason == OTHER_MEANING:
        instead = f"; look at {listed(list(metric.instead), 'or')}" if metric.instead else ""
        return f"{metric.name} cannot be compared across {row['factor']}: it does not mean the same there{instead}."
    if verdict == CANNOT_BE_SAID:
        why = CANNOT_SAY.get(reason, reason)
        return f"{_estimand(row)}: cannot be said, {why}{_blocks_left_out(row)}.{_settling(row)}"
    if verdict in (IDENTICAL, SAME_DIFFERENCE):
        return f"{_estimand(row)}: {_without_spread(row, metric)}{_blocks_left_out(row)}."
    return f"{_estimand(row)}: {_claim(row, metric)} {_evidence(row, averaged_over)}.{_because(row)}{_settling(row)}"


def short(row: Row, metric: Metric) -> str:
    """Say the verdict alone, for a list of all answers."""
    verdict, levels = row["verdict"], f"{row['level']} and {row['reference']}"
    if verdict.startswith(EQUIVALENT):
        return f"{levels} are equivalent in {metric.name} (within {margin_words(row['margin'], row['unit'])})"
    if verdict in (CANNOT_BE_SAID, "undecided"):
        return f"{row['level']} against {row['reference']} in {metric.name}: {verdict}"
    if verdict in (IDENTICAL, SAME_DIFFERENCE):
        return _without_spread(row, metric)
    word = verdict.removesuffix(AND_EQUIVALENT)
    size = effect_words(row["effect"], row["effect_low"], row["effect_high"], row["unit"], metric.name)
    little = f", within the margin of {margin_words(row['margin'], row['unit'])}" if word != verdict else ""
    return f"{row['level']} is {word} than {row['reference']}: {size}{little}"


def evidence(row: Row) -> str:
    """Say in few words what a verdict rests on; empty where there is none, or no interval."""
    if row["verdict"] in (CANNOT_BE_SAID, IDENTICAL, SAME_DIFFERENCE):
        return ""
    return ", ".join([_interval_and_p(row), _counted(row), *([judged_at(row)] if judged_at(row) else [])])


def judged_at(row: Row) -> str:
    """Which look of a race decided a row, or left it open; empty where it is not raced."""
    words = row.get("judged_at")
    return words if isinstance(words, str) else ""


def settling(row: Row) -> str:
    """What would settle an undecided row; empty where nothing is known to."""
    needed = row["needed"]
    by_seed = row["units"] == "seeds"
    units = "runs of each setting" if by_seed and not row["paired"] else row["units"]
    if row["needed_first"]:
        return f"Run four {units} first."
    if math.isnan(needed):
        return ""
    if math.isinf(needed):
        return f"No practical number of {units} would show equivalence."
    now = row["n_seeds"] if by_seed else row["n_datasets"]
    if needed <= now:
        return f"It lies near the edge of the margin: more {units} than {needed:.0f} are needed."
    each = "seeds a dataset" if units == "seeds" and row["n_datasets"] > 1 else units
    once = ", looked at once," if judged_at(row) else ""
    return f"About {needed:.0f} {each}{once} would show equivalence, or an effect beyond the margin if there is one."


def _estimand(row: Row) -> str:
    text = str(row["estimand"])
    return text[0].upper() + text[1:]


def _claim(row: Row, metric: Metric) -> str:
    level, reference, verdict = row["level"], row["reference"], row["verdict"]
    size = effect_words(row["effect"], row["effect_low"], row["effect_high"], row["unit"], metric.name)
    compared = f"{size} with {level} than with {reference}" if row["effect"] else f"{size} with {level} and {reference}"
    margin = margin_words(row["margin"], row["unit"])
    if verdict == EQUIVALENT:
        return f"{level} and {reference} are equivalent: {compared}, within the margin of {margin}"
    if verdict.endswith(AND_EQUIVALENT):
        word = verdict.removesuffix(AND_EQUIVALENT)
        called = f"{level} is {word}, but" if word in (BETTER, WORSE) else "There is a difference, but"
        return f"{called} by little: {compared}, and within the margin of {margin}"
    if verdict in (BETTER, WORSE):
        return f"{level} is {verdict} than {reference}: {compared}"
    if verdict in ("higher", "lower"):
        return f"there is a difference: {compared}"
    return f"undecided: {compared}"


def _evidence(row: Row, averaged_over: list[str]) -> str:
    family = f" in a family of {row['family_size']:.0f}" if row["family_size"] > 1 else ", the only test of its family"
    words = [f"{_interval_and_p(row, between='; ')}{family}", _counted(row)]
    if averaged_over:
        words.append(f"averaged over {listed(averaged_over)}")
    if row["n_diverged"] > 0 or row["n_diverged_reference"] > 0:
        words.append(
            f"diverged: {row['n_diverged']:.0f} of {row['n_ended']:.0f} blocks with {row['level']}, "
            f"{row['n_diverged_reference']:.0f} of {row['n_ended_reference']:.0f} with {row['reference']}"
        )
    if judged_at(row):
        words.append(judged_at(row))
    return f"({'; '.join(words)}{_blocks_left_out(row)})"


def _interval_and_p(row: Row, between: str = ", ") -> str:
    """The interval that the verdict rests on, and the adjusted p of its test."""
    shown = row["verdict"] == EQUIVALENT
    ends = ("effect_low90", "effect_high90") if shown else ("effect_low", "effect_high")
    p = row["p_equivalence_adjusted"] if shown else row["p_adjusted"]
    interval = f"{'90' if shown else '95'} % interval {interval_words(row[ends[0]], row[ends[1]], row['unit'])}"
    return f"{interval}{between}adjusted {p_words(p)}{' of equivalence' if shown else ''}"


def _counted(row: Row) -> str:
    if not row["paired"]:
        return f"unpaired, {row['n_level']:.0f} and {row['n_reference']:.0f} results"
    blocks = count_words(row["n_blocks"], "block")
    return blocks if isinstance(row["dataset"], str) else f"{blocks} on {count_words(row['n_datasets'], 'dataset')}"


def _blocks_left_out(row: Row) -> str:
    words = []
    if row["n_dropped"] > 0:
        words.append(f"; {count_words(row['n_dropped'], 'block')} left out ({_names(row['dropped'])})")
    if isinstance(row["datasets_left_out"], str):
        words.append(f"; without {row['datasets_left_out']}")
    return "".join(words)


def _names(dropped: str) -> str:
    """The blocks that are left out, and why where it is one; the reasons of all are in the table."""
    names = _BLOCK.findall(dropped)
    if len(names) < 2:
        return dropped
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"incomplete: {', '.join(names[:NAMED])}{more}"


def _without_spread(row: Row, metric: Metric) -> str:
    blocks, levels = count_words(row["n_blocks"], "block"), f"{row['level']} and {row['reference']}"
    if row["verdict"] == IDENTICAL:
        return f"{metric.name} is identical with {levels} in {blocks}"
    size = effect_words(row["effect"], math.nan, math.nan, row["unit"], metric.name)
    return f"{size} with {row['level']} than with {row['reference']}, the same difference in all {blocks}"


def _because(row: Row) -> str:
    """Why a difference is not called, and a warning where there is one."""
    words = ""
    if isinstance(row["reason"], str) and row["verdict"] in ("undecided", EQUIVALENT):
        told = row["verdict"] == "undecided" or row["reason"] == FEW_SEEDS
        words = f" {UNDECIDED_BECAUSE.get(row['reason'], row['reason']).capitalize()}." if told else ""
    return words + (f" Take it with care: {row['warning']}." if isinstance(row["warning"], str) else "")


def _settling(row: Row) -> str:
    words = settling(row) if row["verdict"] in ("undecided", CANNOT_BE_SAID) else ""
    return f" {words}" if words else ""
