"""Which datasets samples can be judged of; needs no torch."""

from ncvq_core.data import Dataset
from ncvq_core.errors import DataError


def check_judgeable(dataset: Dataset) -> None:
    """Check that samples of a dataset can be judged.

    Raises:
        DataError: TEST is a single series.
    """
    if len(dataset.test) < 2:
        raise DataError(f"{dataset.name}: TEST is a single series, at least 2 are needed to judge samples")
