"""Datasets."""

from ncvq_core.data.dataset import Dataset, Scaling
from ncvq_core.data.find import Location, list_datasets, load_dataset, locate

__all__ = ["Dataset", "Location", "Scaling", "list_datasets", "load_dataset", "locate"]
