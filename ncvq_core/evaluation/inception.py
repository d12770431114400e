"""The inception score (Salimans et al. 2016, arXiv 1606.03498)."""

import numpy as np
from numpy.typing import ArrayLike

SPLITS = 10


def inception_score(logits: ArrayLike, splits: int = SPLITS) -> tuple[float, float]:
    """Return mean and standard deviation, over splits, of exp(mean over x of KL(p(y|x) ‖ p(y))).

    The score lies between 1 and the smaller of the number of classes and the size of a split. Series are dealt to the
    splits in a fixed random order, so that it does not matter whether they come sorted by class.

    Args:
        logits: (n, K), the classifier's.
        splits: parts of equal size, or nearly; fewer where n is smaller.
    """
    from scipy.special import log_softmax  # 18 MB, which only judging needs

    log_probabilities = log_softmax(np.asarray(logits, dtype=np.float64), axis=1)
    order = np.random.default_rng(0).permutation(len(log_probabilities))
    scores = [_score(log_probabilities[part]) for part in np.array_split(order, min(splits, len(order)))]
    return float(np.mean(scores)), float(np.std(scores))


def _score(log_conditional: np.ndarray) -> float:
    conditional = np.exp(log_conditional)
    with np.errstate(divide="ignore"):  # log 0 of a class that no series has; `where` leaves it out
        log_marginal = np.log(conditional.mean(axis=0))
    ratio = np.where(conditional > 0, log_conditional - log_marginal, 0.0)
    return float(np.exp((conditional * ratio).sum(axis=1).mean()))
