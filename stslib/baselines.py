"""Methods without a neural network: what every model has to beat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def words(sentence: str) -> list[str]:
    """Return the words of a sentence in lower case, punctuation left out."""
    return re.findall(r"\w+(?:'\w+)?", sentence.lower())


def token_overlap(first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
    """Return for each pair the share of its different words that both sentences have.

    This is Jaccard's index of the two sets of words, from 0 to 1, shape (n,).
    """
    sets = [(set(words(a)), set(words(b))) for a, b in zip(first, second, strict=True)]
    return np.array([len(a & b) / max(1, len(a | b)) for a, b in sets])


def tfidf_scores(first: Sequence[str], second: Sequence[str], corpus: Iterable[str]) -> NDArray[np.float64]:
    """Return the TF-IDF cosine of each pair, from 0 to 1, shape (n,).

    Args:
        first, second: n sentences each.
        corpus: sentences that the weight of a word is taken from (rare words weigh more);
            words that do not occur there are not seen.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer().fit(corpus)
    u, v = vectorizer.transform(first), vectorizer.transform(second)
    return np.asarray(u.multiply(v).sum(axis=1)).ravel()
