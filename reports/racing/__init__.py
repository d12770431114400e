"""Racing: seeds go where a verdict is open, and all looks together err no more often than one test.

Rules 13 and 15 of docs/statistics.md, in the order in which a race needs them: bounds, evidence, family, look, claims.
"""
