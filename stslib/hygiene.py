"""Is a data set clean? Overlap between splits, and pairs that were judged twice.

STS-B has both, and hardly any tutorial says so. Sentences are compared as they stand,
without regard to case and to space at their ends; a pair is the same pair when its
sentences are swapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Overlap:
    """How much of a test split is known from the training split.

    Attributes:
        pairs: pairs in the test split.
        sharing: of them, pairs with at least one sentence that is in the training split.
        exact: of them, pairs that are in the training split as a whole.
    """

    pairs: int
    sharing: int
    exact: int

    @property
    def share(self) -> float:
        """The part of the test pairs that share a sentence, from 0 to 1."""
        return self.sharing / self.pairs


def overlap(test: pd.DataFrame, train: pd.DataFrame) -> Overlap:
    """Return how many test pairs share a sentence with `train`, or are in it.

    Args:
        test, train: tables with ``sentence1`` and ``sentence2``.
    """
    known = set(_pairs(train))
    return Overlap(len(test), int(_sharing(test, train).sum()), sum(pair in known for pair in _pairs(test)))


def leak_free(test: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """Return the test pairs that share no sentence with any of the other tables."""
    import pandas as pd

    return test[~_sharing(test, pd.concat(others))]


def conflicting_duplicates(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs that occur more than once with different scores, together.

    Args:
        table: with ``sentence1``, ``sentence2``, ``score``.
    """
    scores: dict[tuple[str, ...], set[float]] = {}
    pairs = _pairs(table)
    for pair, score in zip(pairs, table["score"], strict=True):
        scores.setdefault(pair, set()).add(score)
    conflicting = [i for i, pair in enumerate(pairs) if len(scores[pair]) > 1]
    return table.iloc[sorted(conflicting, key=lambda i: pairs[i])]


def _sharing(test: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    known = set(map(_normal, [*other["sentence1"], *other["sentence2"]]))
    return test["sentence1"].map(_normal).isin(known) | test["sentence2"].map(_normal).isin(known)


def _pairs(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return [
        tuple(sorted((_normal(first), _normal(second))))
        for first, second in zip(table["sentence1"], table["sentence2"], strict=True)
    ]


def _normal(sentence: str) -> str:
    return sentence.strip().lower()
