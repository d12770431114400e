"""Power spectra of real, augmented and generated series: whose bias do the samples carry, and where in frequency?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from orchestrator.store.examples import Shown
from reports.colours import BLACK, ORANGE, Look, looks_of
from reports.figures.captions import count_range
from reports.figures.contract import EXAMPLES, View, numbered
from reports.figures.example_trials import STAGE_ID, method_factor, stacked, values_of, with_examples
from reports.figures.facets import Facets, is_in_panel, pages_of, panel_keys, titles_of
from reports.figures.grid import SMALL, Grid, add_legend, handle, legend_names, legend_room, width_of
from reports.levels import ALL, AUGMENTATIONS, DATASET, EMBEDDING, SSL, WEIGHT
from reports.read_store import Results, Sweep
from reports.relevance import STAGE1, of_stage

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets
SAMPLES = "samples"
LEVEL, DIFFERENCE = "level", "difference"
LABELS = {LEVEL: "power [dB]", DIFFERENCE: "difference from\nTRAIN [dB]"}
REAL, AUGMENTED, GENERATED = "TRAIN", "augmented TRAIN", "generated"
ROLES = {REAL: Shown.REAL_SPECTRUM, AUGMENTED: Shown.AUGMENTED_SPECTRUM, GENERATED: Shown.GENERATED_SPECTRUM}
LOOKS = {REAL: Look(colour=BLACK, marker=""), AUGMENTED: Look(colour=ORANGE, marker="", line="--")}
Levels = NDArray[np.float64]
"""Decibels, (channels, frequencies)."""
THIRDS = ("lowest", "middle", "highest")
SAID = 6
"""Panels of which the caption says the distances."""


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of panels of a dataset and set of augmentations each: with samples where there are any."""
    stage = SAMPLES if len(with_examples(of_stage(results, SAMPLES), SAMPLES)) else STAGE1
    seen = of_stage(results, stage)
    trials = with_examples(seen, stage)
    colour = method_factor(seen.sweep, (SSL, EMBEDDING, WEIGHT)) if stage == SAMPLES else ""
    colour = "" if colour == AUGMENTATIONS else colour
    augmented = trials[trials[SSL].notna() & (trials[SSL] != "none")] if SSL in trials else trials
    apart = _apart(seen.sweep, colour, stage)
    keys = panel_keys(trials if stage == SAMPLES else augmented, seen.sweep, apart)
    if trials.empty or not keys or (augmented.empty and stage == STAGE1):
        return []
    above = legend_room(_names(seen.sweep, colour), width_of(len(keys)))
    pages = pages_of(keys, len(LABELS), above=above)
    return [
        View(
            figure="spectra",
            **numbered("spectra", "Power spectra", place, len(pages)),
            section=EXAMPLES,
            stage=stage,
            sweep=seen.sweep,
            appendix=place > 1,
            layout=Facets(colour=colour, tracks=tuple(LABELS), panels=panels),
        )
        for place, panels in enumerate(pages, start=1)
    ]


def _apart(sweep: Sweep, colour: str, stage: str) -> list[str]:
    """The factors that have panels: all that vary, or without samples the augmentations alone."""
    if stage == STAGE1:
        return [name for name in (AUGMENTATIONS, "band_augmentations") if name in sweep.varying]
    return [name for name in sweep.varying if name not in (DATASET, colour)]


def _names(sweep: Sweep, colour: str) -> list[str]:
    return [REAL, AUGMENTED, *(f"{GENERATED}: {level}" for level in sweep.factors.get(colour, [ALL]))]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The lines of a page, means over seeds.

    Returns:
        One row a panel, line, track and frequency: panel, role (of ROLES), series (the level of what is generated,
        else the role), track (level or difference), frequency (cycles a series), value, low and high (over seeds), n
        (seeds), distance (from TRAIN, as psd_distance, mean over seeds) and from_augmented (from its augmented view).
    """
    trials = with_examples(results, view.stage)
    parts = [
        rows.assign(panel=place)
        for place, key in enumerate(view.layout.panels)
        for rows in _lines(trials[is_in_panel(trials, key)], results, view.layout.colour)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _lines(trials: pd.DataFrame, results: Results, colour: str) -> Iterator[pd.DataFrame]:
    """The lines of one panel: both of TRAIN, then those of each level."""
    spectra = {place: _spectra(results.examples.of(str(row[STAGE_ID]))) for place, row in trials.iterrows()}
    views = [each[AUGMENTED] for each in spectra.values() if AUGMENTED in each]
    view = np.mean(views, axis=0) if views else None
    levels = list(dict.fromkeys(trials[colour].fillna("none"))) if colour else [ALL]
    groups = [(REAL, REAL, list(trials.index)), (AUGMENTED, AUGMENTED, list(trials.index))]
    for level in levels:
        own = trials[trials[colour].fillna("none") == level] if colour else trials
        groups.append((GENERATED, level, list(own.index)))
    for role, series, places in groups:
        having = trials.loc[[place for place in places if {role, REAL} <= spectra[place].keys()]]
        if "seed" in having:  # of what only the seed can change one trial a seed
            having = having.drop_duplicates("seed")
        if found := [spectra[place] for place in having.index]:
            yield from _tracks(found, view, role, series)


def _spectra(examples: pd.DataFrame) -> dict[str, Levels]:
    """The spectra of a trial by role, (channels, frequencies)."""
    rows = {role: values_of(examples, what) for role, what in ROLES.items()}
    return {role: stacked(each) for role, each in rows.items() if len(each)}


def _tracks(spectra: list[dict[str, Levels]], view: Levels | None, role: str, series: str) -> Iterator[pd.DataFrame]:
    """The rows of a line in both tracks; of several channels their mean. The view is that of the panel."""
    distances = {
        "distance": np.mean([_distance(each[role], each[REAL]) for each in spectra]),
        "from_augmented": np.nan if view is None else np.mean([_distance(each[role], view) for each in spectra]),
    }
    tracks = {
        LEVEL: [each[role] for each in spectra],
        DIFFERENCE: [each[role] - each[REAL] for each in spectra],
    }
    for track, values in tracks.items():
        of_seeds = np.stack(values).mean(axis=1)
        yield pd.DataFrame(
            {
                "role": role, "series": series, "track": track, "frequency": range(of_seeds.shape[1]),
                "value": of_seeds.mean(axis=0), "low": of_seeds.min(axis=0), "high": of_seeds.max(axis=0),
                "n": len(spectra), **distances,
            }
        )  # fmt: skip


def _distance(levels: Levels, others: Levels) -> float:
    return float(np.sqrt(np.mean((levels - others) ** 2)))


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: in each panel the spectra, and below how they differ from that of TRAIN."""
    facets, sweep = view.layout, view.sweep
    levels = list(dict.fromkeys(table.loc[table["role"] == GENERATED, "series"]))
    looks = looks_of([*sweep.factors.get(facets.colour, []), *levels])
    grid = Grid(facets, above=legend_room(_names(sweep, facets.colour), width_of(len(facets.panels))))
    for (panel, track), axes in grid.axes.items():
        rows = table[(table["panel"] == panel) & (table["track"] == track)]
        if rows.empty:
            axes.set_visible(False)
            continue
        for (role, series), line in rows.groupby(["role", "series"], sort=False):
            if not (track == DIFFERENCE and role == REAL):
                _draw_line(axes, line, looks[str(series)] if role == GENERATED else LOOKS[str(role)])
        if track == DIFFERENCE:
            axes.axhline(0.0, color="0.1", linewidth=0.8)
    grid.label_tracks(LABELS)
    grid.figure.supxlabel("frequency [cycles a series]", fontsize=SMALL)
    names = legend_names(levels, sweep.baseline.get(facets.colour))
    entries = [handle(LOOKS[role], role, marker=False, line=LOOKS[role].line)
               for role in (REAL, AUGMENTED) if role in set(table["role"])]  # fmt: skip
    for level in levels:
        name = GENERATED if level == ALL else f"{GENERATED}: {names[level]}"
        entries.append(handle(looks[level], name, marker=False, line=looks[level].line))
    add_legend(grid.figure, entries)
    return grid.figure


def _draw_line(axes: Axes, line: pd.DataFrame, look: Look) -> None:
    """Draw a line from frequency 1 on: the mean of a series has no place on a logarithmic axis."""
    line = line[line["frequency"] > 0]
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    wide = 2.2 if look == LOOKS[REAL] else 1.2
    axes.plot(line["frequency"], line["value"], color=look.colour, linestyle=look.line, linewidth=wide)
    axes.fill_between(line["frequency"], line["low"], line["high"], color=look.colour, alpha=0.15, linewidth=0)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    lines = table[(table["track"] == DIFFERENCE) & (table["role"] != REAL)]
    titles = [title.replace("\n", " ") for title in titles_of(view.layout.panels)]
    said = [f"{titles[int(str(panel))] or 'all'}: {'; '.join(_said(rows))}."
            for panel, rows in lines[lines["panel"] < SAID].groupby("panel")]  # fmt: skip
    more = f" Distances of the other {len(titles) - SAID} panels: tables/{view.name}.csv." if len(titles) > SAID else ""
    bias = (
        "Samples carry the bias of the augmentations where they leave TRAIN in the direction of its augmented view, "
        "further than those of a method that never saw it."
        if GENERATED in set(lines["role"])
        else "No samples are drawn in this sweep."
    )
    return (
        "Mean power at each frequency (Hann window, in decibels; to each, white noise of 1 % of TRAIN's amplitude is "
        f"added), and below its difference from TRAIN's; mean and range over {count_range(lines['n'])}. {bias} "
        "Distances are the root mean square over frequencies (psd_distance), with the third of the frequencies that "
        f"differs most. {' '.join(said)}{more}"
    )


def _said(rows: pd.DataFrame) -> Iterator[str]:
    """Each line of a panel with its distances, and where they lie."""
    for (role, series), line in rows.groupby(["role", "series"], sort=False):
        first = line.iloc[0]
        name = AUGMENTED if role == AUGMENTED else "samples" if series == ALL else f"samples of {series}"
        beside = "" if role == AUGMENTED or pd.isna(first["from_augmented"]) else (
            f", {first['from_augmented']:.1f} dB from its augmented view"
        )  # fmt: skip
        parts = [float(each.mean()) for each in np.array_split(line["value"].to_numpy(), len(THIRDS))]
        most = int(np.argmax(np.abs(parts)))
        where = f"{THIRDS[most]} third {parts[most]:+.1f} dB".replace("-", "−")
        yield f"{name} {first['distance']:.1f} dB from TRAIN ({where}){beside}"


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    ends = table[(table["track"] == DIFFERENCE) & (table["role"] != REAL)]
    ranges = ends.groupby("role", sort=False)["distance"].agg(["min", "max"])
    said = [f"{role} {row['min']:.1f} to {row['max']:.1f} dB from TRAIN" for role, row in ranges.iterrows()]
    return f"Line plots of power spectra; {', '.join(said)}."
