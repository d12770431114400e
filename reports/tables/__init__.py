"""Tables for a paper: means over common seeds, ranks and counts of wins, as LaTeX, Markdown and CSV."""
