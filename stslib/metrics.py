"""How good are scores? Correlation with judgements, quality of labels, and intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.errors import StsError
from stslib.randomness import SEED

RESAMPLES = 1000


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Return the rank of each value from 1 up, shape (n,); equal values share the mean of their ranks."""
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Return Pearson's correlation of two lists, from -1 to 1; nan where one is constant or not finite."""
    a, b = (np.asarray(values, dtype=float) for values in (x, y))
    if a.shape != b.shape or a.ndim != 1:
        raise StsError(f"A correlation needs two lists of one length, not {a.shape} and {b.shape}.")
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Return Spearman's rank correlation: Pearson's correlation of the ranks (Spearman 1904); nan as there."""
    if not (np.isfinite(np.asarray(x, dtype=float)).all() and np.isfinite(np.asarray(y, dtype=float)).all()):
        return float("nan")  # a rank would turn it into an ordinary number
    return pearson(ranks(x), ranks(y))


def bootstrap(
    statistic: Callable[..., float], *columns: ArrayLike, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % percentile interval of a statistic (Efron & Tibshirani 1993, chapter 13).

    Args:
        statistic: of the columns, such as `spearman`.
        columns: lists of one length; row i of all of them belongs together.
        resamples: how many samples to draw, with replacement.
        seed: of the draws; the same seed draws the same rows, so that methods can be compared.

    Returns:
        The interval of the samples in which the statistic exists; nan where it exists in none.
    """
    data = [np.asarray(column) for column in columns]
    rng = np.random.default_rng(seed)
    draws = (rng.integers(0, len(data[0]), len(data[0])) for _ in range(resamples))
    values = np.array([statistic(*(column[d] for column in data)) for d in draws])
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def score_report(scores: ArrayLike, judged: ArrayLike) -> dict[str, float]:
    """Return ``spearman`` with its interval ``low`` and ``high``, ``pearson``, and ``n``.

    Args:
        scores: of a method, shape (n,), on any scale.
        judged: the judgements, shape (n,).
    """
    low, high = bootstrap(spearman, scores, judged)
    return {
        "spearman": spearman(scores, judged),
        "low": low,
        "high": high,
        "pearson": pearson(scores, judged),
        "n": len(np.asarray(judged)),
    }


def label_report(scores: ArrayLike, labels: ArrayLike, border: float | None) -> dict[str, float]:
    """Return how well scores tell label 1 from label 0.

    Args:
        scores: shape (n,), higher for label 1.
        labels: 0 or 1, shape (n,).
        border: scores from here up get label 1; None leaves out what depends on it.

    Returns:
        ``average_precision``, ``n``, ``positives``; with a border also ``border``,
        ``accuracy``, ``precision``, ``recall``, ``f1`` (of label 1).
    """
    from sklearn.metrics import accuracy_score, average_precision_score, precision_recall_fscore_support

    score, given_labels = np.asarray(scores, dtype=float), np.asarray(labels)
    if set(np.unique(given_labels)) - {0, 1} or not given_labels.any():
        raise StsError("Labels must be 0 or 1, with at least one 1.")
    label = given_labels.astype(np.int64)
    report: dict[str, float] = {
        "average_precision": float(average_precision_score(label, score)),
        "n": len(label),
        "positives": int(label.sum()),
    }
    if border is not None:
        given = score >= border
        precision, recall, f1, _ = precision_recall_fscore_support(label, given, average="binary", zero_division=0)
        report |= {
            "border": border,
            "accuracy": float(accuracy_score(label, given)),
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
        }
    return report
