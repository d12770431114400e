"""Which factors of a sweep can change a stage, and its results without those that cannot.

Trials that differ only in such factors share the stage: they are one run, and one row.
"""

from __future__ import annotations

import dataclasses

from orchestrator.store.schema import SETTINGS
from orchestrator.store.stages import OWN_STAGES, SETTINGS_OF
from orchestrator.store.status import Status
from reports.levels import DATASET
from reports.read_store import Results
from reports.remembered import once

STAGE1, STAGE2 = "stage1", "stage2"

WITHOUT_EFFECT = {stage: SETTINGS.keys() - settings for stage, settings in SETTINGS_OF.items()}
"""Settings that cannot change a stage, by stage."""


def factors_without_effect(results: Results, stage: str) -> list[str]:
    """The factors that vary and cannot change a stage."""
    return [factor for factor in results.sweep.varying if factor in WITHOUT_EFFECT.get(stage, ())]


@once
def of_stage(results: Results, stage: str) -> Results:
    """The results as a stage sees them: without the factors that cannot change it, each of its runs once."""
    if not (left_out := factors_without_effect(results, stage)):
        return results
    sweep = dataclasses.replace(
        results.sweep,
        factors={factor: levels for factor, levels in results.sweep.factors.items() if factor not in left_out},
        baseline={factor: level for factor, level in results.sweep.baseline.items() if factor not in left_out},
    )
    if sweep.source:  # without seeds, equal levels do not make two runs one
        return dataclasses.replace(results, sweep=sweep, cells=results.cells.drop(columns=left_out))
    done_first = results.cells.sort_values("status", key=lambda status: status != Status.DONE, kind="stable")
    repeated = (
        done_first[list(sweep.factors)].duplicated() if sweep.factors else done_first.index != done_first.index[0]
    )
    cells = done_first[~repeated].sort_index().drop(columns=left_out)
    return dataclasses.replace(results, sweep=sweep, cells=cells)


def is_compared(results: Results, stage: str) -> bool:
    """Whether the sweep compares results of a stage: not where all that varies beside the dataset cannot change it."""
    left_out = factors_without_effect(results, stage)
    return not left_out or any(factor not in (DATASET, *left_out) for factor in results.sweep.varying)


def sharing_notes(results: Results) -> list[str]:
    """A sentence for each stage that some factor of the sweep cannot change."""
    notes = []
    for kind in OWN_STAGES:
        if left_out := factors_without_effect(results, kind.name):
            only = "" if is_compared(results, kind.name) else " Nothing else varies, so the table of means says it all."
            notes.append(
                f"{' and '.join(left_out)} cannot change {kind.changed}: its metrics and curves are not split by it, "
                f"and a run that several trials share counts once.{only}"
            )
    return notes
