"""Vectors of many sentences, quickly: no padding, nothing twice, 16-bit numbers where that is fast."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stslib.batching import by_length
from stslib.packed import mean_of_texts, pack, token_vectors
from stslib.precision import fast_number_format
from stslib.progress import bar, shown

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import BertModel

Vectors = NDArray[np.float32]

WINDOW = 1024  # sentences that are turned into tokens together: a bound on memory
CHUNK = 64  # sentences that go through BERT together
REMEMBERED = 50_000
SAMPLE = 64  # sentences on which 16-bit numbers are tried before they are used
ALIKE = 0.999  # the cosine that a vector in 16 bits must have with the one in 32 bits


def encode(
    encoder: SentenceTransformer, texts: Sequence[str], *, fast: bool = False, progress: bool = False
) -> Vectors:
    """Return the vector of each text, of length 1, shape (n, width).

    Each different text is encoded once. A BERT with mean pooling runs without padding
    (`stslib.packed`); any other encoder by its own ``encode``.

    Args:
        encoder: a sentence encoder.
        texts: n sentences.
        fast: compute in 16-bit numbers where the device is fast at it, see
            `stslib.precision.fast_number_format`; that changes a cosine by about 0.001.
        progress: show a bar.
    """
    place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    different = list(place)
    if not different:
        return np.empty((0, encoder.get_embedding_dimension() or 0), dtype=np.float32)
    bert = mean_pooled_bert(encoder)
    if bert is None:
        vectors = encoder.encode(different, normalize_embeddings=True, show_progress_bar=shown(progress))
    else:
        vectors = _encode(encoder, bert, different, fast, progress)
    return vectors[[place[text] for text in texts]]


class FastEncoder:
    """`encode` for a long job: fast, checked, and with a memory for texts that come again.

    The first texts are encoded in 32 bits as well; the job goes on in 32 bits if that makes a
    difference. The last 50,000 different texts (75 MB for 384 numbers each) are remembered.

    Args:
        encoder: a sentence encoder.
        precise: compute in 32 bits in any case.
    """

    def __init__(self, encoder: SentenceTransformer, *, precise: bool = False) -> None:
        self.encoder = encoder
        self.width = int(encoder.get_embedding_dimension() or 0)
        self._fast: bool | None = False if precise else None  # None: not tried yet
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return the vector of each text, of length 1, shape (n, width)."""
        if not texts:
            return np.empty((0, self.width), dtype=np.float32)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            if self._fast is None:
                self._fast = self._is_safe(new[:SAMPLE])
            self._known.update(zip(new, encode(self.encoder, new, fast=self._fast), strict=True))
        vectors = np.stack([self._known[text] for text in texts])
        self._forget()
        return vectors

    def _is_safe(self, sample: list[str]) -> bool:
        """Return whether 16-bit numbers give the vectors of 32-bit ones."""
        if not is_fast_possible(self.encoder):
            return False
        pairs = zip(encode(self.encoder, sample, fast=True), encode(self.encoder, sample), strict=True)
        return all(u @ v > ALIKE for u, v in pairs)

    def _forget(self) -> None:
        for text in list(islice(self._known, max(0, len(self._known) - REMEMBERED))):  # the oldest come first
            del self._known[text]


def is_fast_possible(encoder: Any) -> bool:
    """Return whether 16-bit numbers would make this encoder faster on its device."""
    bert = mean_pooled_bert(encoder)
    return bert is not None and fast_number_format(bert.device.type) is not None


def mean_pooled_bert(encoder: Any) -> BertModel | None:
    """Return the BERT inside a sentence encoder that does nothing but mean pooling, or None."""
    from transformers import BertModel

    modules = list(encoder) if hasattr(encoder, "__iter__") else []
    names = [type(module).__name__ for module in modules]
    if names[:2] != ["Transformer", "Pooling"] or names[2:] not in ([], ["Normalize"]):
        return None
    plain = modules[1].pooling_mode in ("mean", ("mean",), ["mean"])
    bert = getattr(modules[0], "auto_model", None)
    if plain and isinstance(bert, BertModel) and not encoder.default_prompt_name and not encoder.truncate_dim:
        return bert
    return None


def token_ids(encoder: SentenceTransformer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text as BERT reads them, special tokens included, cut where too long."""
    options = {"return_attention_mask": False, "return_token_type_ids": False}
    return encoder.tokenizer(list(texts), truncation=True, max_length=encoder.max_seq_length, **options)["input_ids"]


def _encode(encoder: SentenceTransformer, bert: BertModel, texts: list[str], fast: bool, progress: bool) -> Vectors:
    import torch
    from torch.nn.functional import normalize

    number_format = fast_number_format(bert.device.type) if fast else None
    if number_format is not None:
        bert = copy.deepcopy(bert)
        bert.to(number_format)  # type: ignore[arg-type]
    bert.eval()  # no dropout
    size = WINDOW if bert.device.type == "cuda" else CHUNK
    vectors = np.empty((len(texts), bert.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for start in bar(range(0, len(texts), WINDOW), "encode", show=progress):
            ids = token_ids(encoder, texts[start : start + WINDOW])
            for places in by_length([len(one) for one in ids], size):
                packed = pack([ids[i] for i in places], place=bert.device)
                means = mean_of_texts(token_vectors(bert, packed), packed)
                vectors[start + places] = normalize(means, dim=1).cpu().numpy()
    return vectors
