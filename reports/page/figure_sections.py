"""The sections of figures: what each is called, and which figures stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reports.figures.drawn import DrawnFigure


@dataclass(frozen=True, kw_only=True)
class FigureSection:
    """A section of the page."""

    name: str
    """What its figures call it, and its id on the page."""
    title: str
    """Its heading."""
    lead: str = ""
    """What is true of all its figures, so that their captions need not repeat it."""
    nothing: str = ""
    """Said where it has no figure; without it, an empty section is left out."""
    notes: tuple[str, ...] = ()
    """What is to be known of this sweep before its figures are read."""
    groups: tuple[tuple[str, tuple[DrawnFigure, ...]], ...] = ()
    """Its figures under the heading of their group."""

    @property
    def figures(self) -> list[DrawnFigure]:
        """All of them, in order."""
        return [figure for _, figures in self.groups for figure in figures]


SECTIONS = (
    FigureSection(name="effects", title="Effects"),
    FigureSection(name="weight", title="Weight of the augmented reconstruction"),
    FigureSection(name="robustness", title="Datasets and augmentations"),
    FigureSection(name="token_embedding", title="Token embedding"),
    FigureSection(
        name="values",
        title="Metrics by level",
        nothing="Nothing to draw yet: no done trial has a value of any metric; the coverage says why.",
    ),
    FigureSection(
        name="curves",
        title="Training curves",
        nothing="Nothing to draw yet: no done trial has a history.",
    ),
    FigureSection(name="coverage", title="Coverage"),
    FigureSection(name="cost", title="Cost"),
)
"""In the order of the page; effects stand with the answers, coverage and cost beside their tables."""

WITH_ANSWERS, WITH_COVERAGE, WITH_PROVENANCE = "effects", "coverage", "cost"


def figure_sections(
    figures: Sequence[DrawnFigure], nothing: Mapping[str, str], notes: Mapping[str, Sequence[str]]
) -> dict[str, FigureSection]:
    """Sort figures into sections.

    Args:
        figures: in the order of the page.
        nothing: by section, what to say of this sweep where it has no figure.
        notes: by section, what is to be known of this sweep.

    Returns:
        By name, the sections that have figures or something to say; one that SECTIONS does not list comes last.
    """
    listed = {section.name: section for section in SECTIONS}
    others = dict.fromkeys(figure.section for figure in figures if figure.section not in listed)
    known = [*SECTIONS, *(FigureSection(name=name, title=name.replace("_", " ").capitalize()) for name in others)]
    filled = [
        replace(
            section,
            nothing=nothing.get(section.name, section.nothing),
            notes=tuple(notes.get(section.name, ())),
            groups=_groups([figure for figure in figures if figure.section == section.name]),
        )
        for section in known
    ]
    return {section.name: section for section in filled if section.groups or section.nothing}


def _groups(figures: Sequence[DrawnFigure]) -> tuple[tuple[str, tuple[DrawnFigure, ...]], ...]:
    groups: dict[str, list[DrawnFigure]] = {}
    for figure in figures:
        groups.setdefault(figure.family, []).append(figure)
    return tuple((heading, tuple(members)) for heading, members in groups.items())
