"""Figures, tables and one self-contained page for a sweep, read from the store alone.

Works on a machine that has neither torch nor ray.
"""

# ruff: noqa: E402

from ncvq_core.packages import check

check("orchestrator")

from reports.errors import ReportError
from reports.figures.view_before import write_views
from reports.figures.write import Output
from reports.report import write_one_figure, write_report
from reports.statistics.specification import Options
from reports.sweep import Sweep

__all__ = ["Options", "Output", "ReportError", "Sweep", "write_one_figure", "write_report", "write_views"]
