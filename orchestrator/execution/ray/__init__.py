"""Runs stages on Ray, whose driver lives in a process of its own."""
