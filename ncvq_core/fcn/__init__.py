"""The fully convolutional network (FCN) that judges samples."""

from ncvq_core.fcn.network import Fcn, Judged, judge_series

__all__ = ["Fcn", "Judged", "judge_series"]
