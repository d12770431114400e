"""The sections of figures: what each is called, and which figures stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.figures.contract import SECTIONS
from reports.figures.drawn import DrawnFigure


@dataclass(frozen=True, kw_only=True)
class FigureSection:
    """A section of the page."""

    name: str
    """What its figures call it, and its id on the page."""
    title: str
    """Its heading."""
    lead: str
    """What is true of all its figures, so that their captions need not repeat it."""
    nothing: str
    """Said where it has no figure."""
    figures: tuple[DrawnFigure, ...]
    """Its figures, in order."""


def figure_sections(figures: Sequence[DrawnFigure], nothing: Mapping[str, str]) -> dict[str, FigureSection]:
    """Sort figures into sections.

    Args:
        figures: in the order of the page.
        nothing: by section, what to say where it has no figure.

    Returns:
        By name, the sections that have figures or something to say, in the order of the page.
    """
    sections = [
        FigureSection(
            name=name,
            title=section.title,
            lead=section.lead,
            nothing=nothing.get(name, ""),
            figures=tuple(figure for figure in figures if figure.section == name),
        )
        for name, section in SECTIONS.items()
    ]
    return {section.name: section for section in sections if section.figures or section.nothing}
