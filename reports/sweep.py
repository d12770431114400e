"""A sweep from Python: its trials, what they say, and its figures, as pandas and matplotlib objects."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from reports.beside import beside_table
from reports.claims.answers import answers
from reports.claims.belief import beliefs_table
from reports.claims.markdown import markdown
from reports.claims.table import claims_table
from reports.coverage import status_counts
from reports.history import HISTORY_COLUMNS, with_levels
from reports.metrics import metrics_with_data
from reports.notebook_figures import Figures, draw_figure, draw_figures
from reports.provenance import provenance_warnings
from reports.read_store import read_results
from reports.statistics.specification import Options
from reports.tables.means import summary_table
from reports.tables.ranks import rankings, ranks_table


class Answers(str):
    """The answers of a sweep in words, as Markdown, which a notebook shows as such."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


class Sweep:
    """One sweep as the store holds it when it is made; a new one reads again.

    Everything is a copy, so that it may be changed. Levels are text, as labels in figures are.
    """

    def __init__(self, store: Path | str, name: str, options: Options | None = None, beside: str | None = None) -> None:
        """Read a sweep.

        Args:
            store: the folder of the store.
            name: of the sweep; with a profile SWEEP-PROFILE.
            options: what may be compared with what, and how many seeds are looked at.
            beside: the name of an imported sweep whose values are put beside.

        Raises:
            ReportError: the store or the sweep does not exist, it has fewer seeds, or a file of the store cannot be
                read.
        """
        self.options = options or Options()
        self._results = read_results(Path(store), name, self.options, beside)

    def __repr__(self) -> str:
        """Its name, and how far it is."""
        counts = [f"{count} {status}" for status, count in status_counts(self._results.cells).items() if count]
        return f"<Sweep {self._results.sweep.name}: {', '.join(counts) or 'no trials'}>"

    @property
    def factors(self) -> dict[str, list[str]]:
        """The levels of each factor, in the order of figures."""
        return {factor: list(levels) for factor, levels in self._results.sweep.factors.items()}

    @property
    def trials(self) -> pd.DataFrame:
        """One row a trial of the design: trial_id, status, the factors, the metrics with data, then all else."""
        cells = self._results.cells
        metrics = [metric.name for metric in metrics_with_data(self._results.done)]
        first = ["trial_id", "status", *self._results.sweep.factors, *metrics]
        return cells[[*first, *(name for name in cells if name not in first)]].copy()

    @property
    def history(self) -> pd.DataFrame:
        """One row a done trial, stage and epoch: the losses, and the factors of the trial."""
        history = self._results.history.reindex(columns=list(HISTORY_COLUMNS))
        return with_levels(history, self._results.cells, list(self._results.sweep.factors))

    def effects(self) -> pd.DataFrame:
        """Every comparison with its interval, adjusted p and verdict: docs/statistics.md has the columns."""
        return self._claims.copy()

    def beliefs(self) -> pd.DataFrame:
        """The tests of what the sweep file believes; empty where it believes nothing."""
        return beliefs_table(self._results)

    def answers(self) -> Answers:
        """What the sweep says of each factor, in sentences: the text of report.md."""
        found = answers(self._results, self._claims, self.beliefs())
        return Answers(markdown(self._results, found, provenance_warnings(self._results)))

    def means(self) -> pd.DataFrame:
        """Mean and standard deviation of each metric and setting over the seeds that all settings of a dataset have."""
        return summary_table(self._results, metrics_with_data(self._results.done))

    def ranks(self) -> pd.DataFrame:
        """Average rank of each level by the metrics that are answered for, and where it wins, ties and loses."""
        return ranks_table(rankings(self._results, self._claims))

    def beside(self) -> pd.DataFrame:
        """Each setting and metric that the sweep put beside has too, and their difference."""
        return beside_table(self._results).copy()

    def figure(self, name: str, page: int = 1) -> Figure:
        """One figure.

        Args:
            name: of a figure (`value_val_loss`), or of a kind (`effects`), of which this is the first.
            page: another one of that kind, from 1 on.

        Raises:
            ReportError: no figure has the name (the message lists those that there are), it has nothing to draw, or
                there is no such page.
        """
        return draw_figure(self._results, self._claims, name, page)

    def figures(self, name: str) -> Figures:
        """All figures of a name, with their captions.

        Raises:
            ReportError: no figure has the name (the message lists those that there are), or it has nothing to draw.
        """
        return draw_figures(self._results, self._claims, name)

    @cached_property
    def _claims(self) -> pd.DataFrame:
        return claims_table(self._results)
