"""From BERT's token vectors to one vector a text, at every layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stslib.batching import by_length
from stslib.errors import StsError
from stslib.inputs import token_counts
from stslib.progress import bar

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import BertModel, PreTrainedTokenizerBase

POOLINGS = ("cls", "mean", "max")


def pool(vectors: Tensor, mask: Tensor, how: str = "mean") -> Tensor:
    """Return one vector a text.

    Args:
        vectors: of the tokens, shape (texts, tokens, width).
        mask: 1 for a token, 0 for padding, shape (texts, tokens).
        how: ``"cls"`` (the first token's vector), ``"mean"`` or ``"max"`` (over the tokens,
            padding left out), as in Reimers & Gurevych 2019, section 3.

    Returns:
        Shape (texts, width).
    """
    if how not in POOLINGS:
        raise StsError(f"There is no pooling {how!r}: choose {', '.join(POOLINGS)}.")
    if how == "cls":
        return vectors[:, 0]
    real = mask[:, :, None].bool()
    if how == "max":
        return vectors.masked_fill(~real, float("-inf")).amax(dim=1)
    return (vectors * real).sum(dim=1) / real.sum(dim=1)


def layer_vectors(
    bert: BertModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    how: str = "mean",
    *,
    batch_size: int = 64,
    progress: bool = False,
) -> NDArray[np.float32]:
    """Return the pooled vector of each text after every layer of a frozen BERT.

    Args:
        bert, tokenizer: from `stslib.load_bert` and `stslib.load_tokenizer`.
        texts: n sentences.
        how: the pooling, see `pool`.
        batch_size: texts read at once; changes the result by rounding only.
        progress: show a bar.

    Returns:
        Shape (layers + 1, n, width); number 0 is the sum of embeddings that BERT starts from.
    """
    import torch

    if not len(texts):
        raise StsError("There are no texts to encode.")
    place = bert.device
    depth, width = bert.config.num_hidden_layers + 1, bert.config.hidden_size
    result = np.empty((depth, len(texts), width), dtype=np.float32)
    batches = list(by_length(token_counts(tokenizer, texts), batch_size))
    bert.eval()  # no dropout
    with torch.inference_mode():
        for batch in bar(batches, "encode", show=progress):
            inputs = tokenizer([texts[i] for i in batch], padding=True, truncation=True, return_tensors="pt").to(place)
            states = bert(**inputs, output_hidden_states=True).hidden_states
            for layer, vectors in enumerate(states):
                result[layer, batch] = pool(vectors, inputs["attention_mask"], how).float().cpu().numpy()
    return result
