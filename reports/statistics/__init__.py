"""What a sweep shows and what it does not: stateless functions, DataFrame to DataFrame.

`compare` is the door; docs/statistics.md says in words what it claims and how.
"""

from reports.statistics.compare import COLUMNS, compare
from reports.statistics.specification import Design, MetricSpec, Options

__all__ = ["COLUMNS", "Design", "MetricSpec", "Options", "compare"]
