"""Sweep files: from YAML text to the cells of a sweep."""
