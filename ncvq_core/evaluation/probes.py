"""Probes: the accuracy of simple classifiers on frozen features.

scikit-learn is imported where it is used, because it takes 100 MB: most trainings have passed their peak by then.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Features = NDArray[np.floating]
Labels = NDArray[np.int64]

SVM_ITERATIONS = 1_000_000
"""Iterations at most; a solver that converges needs far fewer."""


def probe_accuracies(train: Features, train_labels: Labels, test: Features, test_labels: Labels) -> dict[str, float]:
    """Fit each probe on TRAIN and score it on TEST, features scaled to [−1, 1] on TRAIN.

    Args:
        train: (n, D) features.
        train_labels: (n,) classes; at least two different ones.
        test: (m, D) features.
        test_labels: (m,) classes.

    Returns:
        Accuracies `probe_svm` (linear SVM), `probe_knn` (5 nearest neighbours), `probe_linear` (logistic regression).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.svm import SVC

    train, test = train.astype(np.float64), test.astype(np.float64)  # libsvm can cycle without end on float32 values
    scaler = MinMaxScaler((-1, 1)).fit(train)
    probes: dict[str, ClassifierMixin] = {
        "probe_svm": SVC(kernel="linear", max_iter=SVM_ITERATIONS, random_state=0),
        "probe_knn": KNeighborsClassifier(min(5, len(train))),
        "probe_linear": LogisticRegression(max_iter=10_000),
    }
    scaled, scaled_test = scaler.transform(train), scaler.transform(test)
    return {
        name: float(probe.fit(scaled, train_labels).score(scaled_test, test_labels)) for name, probe in probes.items()
    }


def class_separation(coefficients: Features | None) -> float | None:
    """Return the mean of silhouette coefficients; None where they are undefined."""
    return None if coefficients is None else float(np.mean(coefficients))


def silhouettes(features: Features, labels: Labels) -> Features | None:
    """Return the silhouette coefficient of each of some features (m, D) by class; None where it is undefined."""
    from sklearn.metrics import silhouette_samples

    classes = len(np.unique(labels))
    if not 2 <= classes < len(labels):
        return None
    return np.asarray(silhouette_samples(features, labels))
