"""Datasets."""

from ncvq_core.data.dataset import Dataset
from ncvq_core.data.find import Location, list_datasets, load_dataset, locate, locate_at_hand
from ncvq_core.data.scaling import Scaling, Series

__all__ = ["Dataset", "Location", "Scaling", "Series", "list_datasets", "load_dataset", "locate", "locate_at_hand"]
