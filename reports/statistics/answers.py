"""Rule 15: which metrics the sentences of a report answer for; all others are in its tables."""

from __future__ import annotations

ANSWERS_STAGE1 = ("val_loss", "probe_svm")
ANSWERS_STAGE2 = ("fid", "cas")


def default_answers(stages: int) -> tuple[str, ...]:
    """The metrics that a sweep answers for unless its file says otherwise; stages is how many of them it runs."""
    return ANSWERS_STAGE1 if stages < 2 else (*ANSWERS_STAGE1, *ANSWERS_STAGE2)
