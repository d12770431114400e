"""The race of a sweep as it was launched, and how often the sweep grew without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.store import Store
from orchestrator.store.races import Race, RacePlan, race_path, read_race

EARLIER_DESIGN = "-[0-9a-f]{8}"
"""Behind the name of a sweep: what an earlier design of it is kept as."""


def race_of(store: Path, document: Mapping[str, Any], seeds: int | None) -> Race | None:
    """The looks of a raced sweep, those beyond the seeds that it has or that are looked at left out.

    Args:
        store: the folder of the store.
        document: the record of the sweep, which may be an earlier design that is kept.
        seeds: how many are looked at; None for all.

    Returns:
        None where the sweep is not raced; a race without looks where they are lost.

    Raises:
        DamagedError: the race cannot be read.
    """
    if not document.get("raced"):
        return None
    name = document["name"]
    found = read_race(store, name) or read_race(store, re.sub(f"{EARLIER_DESIGN}$", "", name))
    if found is None:
        return Race(plan=_unknown_plan(document))
    most = min(seeds or len(document["factors"]["seed"]), len(document["factors"]["seed"]))
    return replace(found, looks=tuple(look for look in found.looks if look.seeds <= most))


def is_grown_by_hand(store: Path, document: Mapping[str, Any]) -> bool:
    """Whether a sweep was raced, and launched without a race since."""
    return not document.get("raced") and race_path(store, document["name"]).exists()


def times_grown(store: Store, document: Mapping[str, Any]) -> int:
    """Count the earlier designs of a sweep, kept as NAME-HASH, that it contains and is larger than; of a race none."""
    if document.get("raced"):
        return 0
    trial_ids = {cell["trial_id"] for cell in document.get("cells", ())}
    name = re.escape(document["name"])
    earlier = [known for known in store.sweep_names() if re.fullmatch(f"{name}{EARLIER_DESIGN}", known)]
    designs = [{cell["trial_id"] for cell in store.read_sweep(known)["cells"]} for known in earlier]
    return sum(design < trial_ids for design in designs)


def _unknown_plan(document: Mapping[str, Any]) -> RacePlan:
    """What is left of a plan before the first look, or where the file of the race is lost."""
    seeds, answers = len(document["factors"]["seed"]), tuple(document.get("answers") or ())
    return RacePlan(fewest=seeds, largest=seeds, answers=answers, margins={}, design="")
