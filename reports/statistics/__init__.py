"""What a sweep shows and what it does not: stateless functions, DataFrame to DataFrame.

`compare` is the door; docs/statistics.md says in words what it claims and how.
"""

from reports.statistics.compare import COLUMNS, compare
from reports.statistics.effects import CANNOT_SAY
from reports.statistics.specification import Design, MetricSpec, Options
from reports.statistics.verdicts import UNDECIDED_BECAUSE

REASONS = CANNOT_SAY | UNDECIDED_BECAUSE
"""Each reason of a table of compare, in words."""

__all__ = ["COLUMNS", "REASONS", "Design", "MetricSpec", "Options", "compare"]
