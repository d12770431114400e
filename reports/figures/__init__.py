"""The figures of a report: a module a figure, all under one contract, listed in `registry.py`."""
