"""Features of a pair for a small classifier on top of a frozen BERT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.batching import by_length
from stslib.errors import StsError
from stslib.inputs import check_pairs, token_counts
from stslib.progress import bar

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerBase


def pair_features(u: ArrayLike, v: ArrayLike) -> NDArray[np.float32]:
    """Return (u, v, |u - v|, u * v) of each pair of vectors.

    Reimers & Gurevych 2019, table 6, tries these parts (there the product did not help). The last
    two do not change when the sentences change places.

    Args:
        u, v: vectors of the first and the second sentences, shape (n, width) each.

    Returns:
        Shape (n, 4 * width).
    """
    first, second = np.asarray(u, dtype=np.float32), np.asarray(v, dtype=np.float32)
    if first.shape != second.shape:
        raise StsError(f"Both sides of the pairs must have one shape, not {first.shape} and {second.shape}.")
    return np.concatenate([first, second, np.abs(first - second), first * second], axis=1)


def cls_features(
    bert: BertModel,
    tokenizer: PreTrainedTokenizerBase,
    first: Sequence[str],
    second: Sequence[str],
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> NDArray[np.float32]:
    """Return the vector of ``[CLS]`` after ``[CLS] first [SEP] second [SEP]``, BERT frozen.

    Args:
        bert, tokenizer: from `stslib.load_bert` and `stslib.load_tokenizer`.
        first, second: n sentences each.
        batch_size: pairs read at once.
        progress: show a bar.

    Returns:
        Shape (n, width), after the last layer.
    """
    import torch

    check_pairs(first, second)
    if not len(first):
        raise StsError("There are no pairs to read.")
    lengths = np.add(token_counts(tokenizer, first), token_counts(tokenizer, second))
    result = np.empty((len(first), bert.config.hidden_size), dtype=np.float32)
    bert.eval()  # no dropout
    with torch.inference_mode():
        for batch in bar(list(by_length(lengths.tolist(), batch_size)), "read pairs", show=progress):
            a, b = [first[i] for i in batch], [second[i] for i in batch]
            inputs = tokenizer(a, b, padding=True, truncation=True, return_tensors="pt").to(bert.device)
            result[batch] = bert(**inputs).last_hidden_state[:, 0].float().cpu().numpy()
    return result
