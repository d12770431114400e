"""What a trial is: the configuration of its stages, from which every number of its result follows."""

from ncvq_core.config.trial import TrialConfig, fcn_id, field_names

__all__ = ["TrialConfig", "fcn_id", "field_names"]
