"""A launch from its first line to its last: run, record, publish, tell."""
