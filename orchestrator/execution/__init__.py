"""Runs stages: in this process or on Ray, with checkpoints."""
