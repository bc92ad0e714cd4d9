"""Vectors of many sentences, quickly: no padding, nothing twice, few bits where that is fast."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stslib.errors import StsError
from stslib.packed import Packed, Tokens, mean_of_texts, read_all, token_vectors
from stslib.progress import shown
from stslib.reduced import BITS, reduced

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from transformers import BertModel

Vectors = NDArray[np.float32]

REMEMBERED = 50_000
LARGE = 10_000  # rows, from which speed is worth more than the third decimal place
SAMPLE = 64  # sentences on which fewer bits are tried before they are used
ALIKE = {16: 0.999, 8: 0.95}  # the cosine that every vector must have with the one in 32 bits


def encode(encoder: SentenceTransformer, texts: Sequence[str], *, bits: int = 32, progress: bool = False) -> Vectors:
    """Return the vector of each text, of length 1, shape (n, width).

    Each different text is encoded once. A BERT with mean pooling runs without padding
    (`stslib.packed`); any other encoder by its own ``encode``, in 32 bits.

    Args:
        encoder: a sentence encoder.
        texts: n sentences.
        bits: of the numbers to compute with, see `LongJob`.
        progress: show a bar.
    """
    return LongJob(encoder, bits=bits)(texts, progress=progress)


class LongJob:
    """`encode` for many calls: prepared once, and with a memory for texts that come again.

    The 50,000 texts encoded last (75 MB for 384 numbers each) are remembered. Fewer bits are
    used only where the device is faster with them, and only if they give nearly the vectors of
    32 bits for the first 64 texts; else the next higher number of bits is tried.

    Args:
        encoder: a sentence encoder.
        bits: 32, 16 or 8, see `stslib.reduced.reduced`.

    Raises:
        StsError: another number of bits.
    """

    def __init__(self, encoder: SentenceTransformer, *, bits: int = 32) -> None:
        self.encoder = encoder
        self.width = int(encoder.get_embedding_dimension() or 0)
        self.bits = checked_bits(bits)
        self._bert = mean_pooled_bert(encoder)
        self._chosen = bits == 32 or self._bert is None
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Return the vector of each text, of length 1, shape (n, width)."""
        if not len(texts):
            return np.empty((0, self.width), dtype=np.float32)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encode(new, progress), strict=True))
        vectors = np.stack([self._known[text] for text in texts])
        for text in list(islice(self._known, max(0, len(self._known) - REMEMBERED))):  # the oldest come first
            del self._known[text]
        return vectors

    def _encode(self, texts: list[str], progress: bool) -> Vectors:
        if self._bert is None:
            return self.encoder.encode(texts, normalize_embeddings=True, show_progress_bar=shown(progress))
        if not self._chosen:
            self._choose(texts[:SAMPLE])
        return _encode(self.encoder, self._bert, texts, progress)

    def _choose(self, sample: list[str]) -> None:
        """Go over to the fewest bits, of those allowed, that are fast and nearly right."""
        assert self._bert is not None
        reference = _encode(self.encoder, self._bert, sample, False)
        self._chosen = True
        for bits in BITS[BITS.index(self.bits) : 0 : -1]:
            candidate = reduced(self._bert, bits)
            if candidate is None:
                continue
            vectors = _encode(self.encoder, candidate, sample, False)
            if np.einsum("ij,ij->i", vectors, reference).min() > ALIKE[bits]:
                self._bert, self.bits = candidate, bits
                return
        self.bits = 32


def bits_for(rows: int, wanted: int | None = None) -> int:
    """Return the bits that are wanted, else 32 for a small table, so that all machines agree on it, and 16 for others.

    Raises:
        StsError: other numbers of bits are wanted than there are.
    """
    return checked_bits(wanted or (16 if rows >= LARGE else 32))


def checked_bits(bits: int) -> int:
    """Return `bits` if it is 32, 16 or 8, else raise `StsError`."""
    if bits not in BITS:
        raise StsError(f"Numbers have 32, 16 or 8 bits here, not {bits}.")
    return bits


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


def _encode(encoder: SentenceTransformer, bert: BertModel, texts: list[str], progress: bool) -> Vectors:
    from torch.nn.functional import normalize

    bert.eval()  # no dropout

    def vectors_of(packed: Packed) -> Tensor:
        return normalize(mean_of_texts(token_vectors(bert, packed), packed), dim=1)

    return read_all(
        len(texts),
        lambda part: Tokens(token_ids(encoder, texts[part])),
        vectors_of,
        bert.device,
        what="encode",
        progress=progress,
    )
