"""Batches of texts of similar length, so that little padding is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

POOL = 8  # batches that are sorted together in training


def by_length(lengths: Sequence[int], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield the places of all texts in batches, longest first (so that memory runs out early or never)."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def shuffled(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield the places of all texts in random batches whose texts have similar lengths.

    Texts are drawn in pools of a few batches, and sorted within a pool only: batches stay
    mixed and come in random order. For losses that look at one pair at a time; a loss that
    compares the pairs of a batch would see only similar lengths.
    """
    length, order = np.asarray(lengths), rng.permutation(len(lengths))
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(length[pool], kind="stable")]
        for batch in rng.permutation(-(-len(pool) // size)):
            yield pool[batch * size : (batch + 1) * size]
