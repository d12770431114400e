"""The page of a report: one HTML file, complete in itself."""

from reports.page.render import render_appendix, render_page
from reports.page.words import duration, memory

__all__ = ["duration", "memory", "render_appendix", "render_page"]
