"""BERT over texts that lie end to end, so that no padding is computed.

Of what BERT computes for a random batch of STS-B, nearly half is padding. Here the tokens
of all texts of a batch form one long row. All layers but the attention look at one token at
a time, so they read that row as it is; for the attention, a small part of the work, texts of
similar length are put into padded groups. The idea is known from the fast BERTs of MLPerf
(Zeng et al. 2022, arXiv:2208.08124, "unpadding"); the results are those of `BertModel`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stslib.batching import by_length
from stslib.progress import bar

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import BertModel

GROUP = 16  # texts that the attention reads together
# Processors prepare a matrix product anew for every new shape: sizes are rounded up, so that few shapes occur.
TOKENS_STEP = 128
LENGTH_STEP = 16
WINDOW = 1024  # texts that are turned into tokens together: a bound on memory
CHUNK = 64  # texts that a CPU reads together
GPU_TOKENS = 65_536  # tokens that a GPU reads together, padding counted: bert-base's widest tensor has 0.8 GB then
DISTANCE = 3.0  # by so much less a token of one half heeds one of the other, before the softmax: 5 % of the weight


@dataclass(frozen=True)
class Group:
    """Consecutive texts in a padded block: `size` texts of up to `length` tokens."""

    start: int  # of its first token in the row
    stop: int
    size: int
    length: int
    rows: Tensor  # where its tokens stand in the block, laid flat
    mask: Tensor  # True for a token, shape (size, 1, 1, length)
    across: Tensor | None  # True where two tokens stand in different halves, shape (size, 1, length, length)


@dataclass(frozen=True)
class Packed:
    """The tokens of some texts, longest text first, end to end.

    Attributes:
        ids, segments, positions: shape (tokens,), filled up to a multiple of `TOKENS_STEP`.
        starts: where each text starts, shape (texts,), in the order in which the texts were given.
        text_of: which text each token belongs to, without the filling; with halves, each is a text.
        lengths: tokens of each text, in the order in which the texts were given; likewise.
        groups: for the attention.
    """

    ids: Tensor
    segments: Tensor
    positions: Tensor
    starts: Tensor
    text_of: Tensor
    lengths: Tensor
    groups: list[Group]


def pack(
    ids: Sequence[Sequence[int]],
    segments: Sequence[Sequence[int]] | None = None,
    *,
    halves: Sequence[int] | None = None,
    place: torch.device | str = "cpu",
) -> Packed:
    """Lay texts end to end.

    Args:
        ids: token ids of each text, special tokens included, at least one text.
        segments: 0 or 1 for each of these, default all 0.
        halves: for texts of two sentences, the tokens of the first one: the positions of the second
            one start anew, and the two see each other from a distance (`DISTANCE`).
        place: the device.
    """
    import torch

    lengths = np.array([len(text) for text in ids])
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    starts = np.empty_like(lengths)
    starts[order] = ends - lengths[order]
    filling = [0] * int(-ends[-1] % TOKENS_STEP)

    def row(parts: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([*chain.from_iterable(parts[i] for i in order), *filling], device=place)

    ids_row = row(ids)

    first_parts = lengths if halves is None else np.array(halves)
    size = len(ids) if torch.device(place).type == "cuda" else GROUP  # a GPU prefers few large pieces
    groups = []
    for first in range(0, len(order), size):
        part = order[first : first + size]
        groups.append(_group(lengths[part], first_parts[part], int(ends[first] - lengths[part[0]]), place))
    positions = [[*range(half), *range(length - half)] for half, length in zip(first_parts, lengths, strict=True)]
    parts = lengths if halves is None else np.stack([first_parts, lengths - first_parts], axis=1)
    numbers = np.arange(parts.size).reshape(parts.shape)
    return Packed(
        ids=ids_row,
        segments=torch.zeros_like(ids_row) if segments is None else row(segments),
        positions=row(positions),
        starts=torch.as_tensor(starts, device=place),
        text_of=torch.as_tensor(np.repeat(numbers[order].ravel(), parts[order].ravel()), device=place),
        lengths=torch.as_tensor(parts.ravel(), device=place),
        groups=groups,
    )


@dataclass(frozen=True)
class Tokens:
    """The tokens of some texts, of which any can be packed; for `segments` and `halves` see `pack`."""

    ids: Sequence[Sequence[int]]
    segments: Sequence[Sequence[int]] | None = None
    halves: Sequence[int] | None = None

    def pack(self, places: Sequence[int] | NDArray[np.int64], device: torch.device | str) -> Packed:
        """Lay the texts of some places end to end."""
        segments = None if self.segments is None else [self.segments[i] for i in places]
        halves = None if self.halves is None else [self.halves[i] for i in places]
        return pack([self.ids[i] for i in places], segments, halves=halves, place=device)


def read_tokens(count: int, tokens_of: Callable[[slice], Tokens], *, progress: bool) -> Tokens:
    """Return the tokens of all texts, made part by part: what a tokenizer notes of a text is much more than its ids.

    Args:
        count: how many texts there are, at least one.
        tokens_of: the tokens of a part of them.
        progress: show a bar.
    """
    parts = [tokens_of(slice(at, at + WINDOW)) for at in bar(range(0, count, WINDOW), "read", show=progress)]

    def joined(lists: list[Any]) -> list[Any] | None:
        return None if lists[0] is None else [*chain.from_iterable(lists)]

    return Tokens(
        [*chain.from_iterable(part.ids for part in parts)],
        joined([part.segments for part in parts]),
        joined([part.halves for part in parts]),
    )


def read_all(
    count: int,
    tokens_of: Callable[[slice], Tokens],
    compute: Callable[[Packed], Tensor],
    place: torch.device,
    *,
    what: str,
    progress: bool,
) -> NDArray[np.float32]:
    """Return what is computed from each text, in the order of the texts, without gradients.

    Args:
        count: how many texts there are, at least one.
        tokens_of: the tokens of a part of them.
        compute: from packed texts to values of shape (texts, ...).
        place: the device of the model.
        what: the words in front of the bar.
        progress: show a bar.
    """
    import torch

    order, values = [], []
    with torch.inference_mode():
        for start in bar(range(0, count, WINDOW), what, show=progress):
            tokens = tokens_of(slice(start, start + WINDOW))
            lengths = list(map(len, tokens.ids))
            for places in by_length(lengths, texts_at_once(place.type, max(lengths))):
                order.append(start + places)
                values.append(compute(tokens.pack(places, place)).float().cpu().numpy())
    return np.concatenate(values)[np.argsort(np.concatenate(order))]


def texts_at_once(place: str, longest: int) -> int:
    """Return how many texts are read together: a GPU prefers large pieces, but they must fit.

    Args:
        place: ``"cpu"``, ``"cuda"`` or ``"mps"``.
        longest: tokens of the longest text.
    """
    return min(WINDOW, max(1, GPU_TOKENS // longest)) if place == "cuda" else CHUNK


def token_vectors(bert: BertModel, packed: Packed) -> Tensor:
    """Return the last hidden state of every token, shape (tokens, width); dropout as the model's mode says."""
    parts: Any = bert.embeddings
    x = parts.word_embeddings(packed.ids) + parts.token_type_embeddings(packed.segments)
    x = parts.dropout(parts.LayerNorm(x + parts.position_embeddings(packed.positions)))
    layers: Any = bert.encoder.layer
    for layer in layers:
        attention = layer.attention.self
        joined = getattr(attention, "joined", None) or joined_linear(attention)
        x = layer.attention.output(_attend(joined(x), packed, attention), x)
        x = layer.output(layer.intermediate(x), x)
    return x


def joined_linear(attention: Any) -> Callable[[Tensor], Tensor]:
    """Return one function for queries, keys and values: one large matrix product is quicker than three.

    Args:
        attention: a layer's `BertSelfAttention`; gradients reach its three parts.
    """
    import torch
    from torch.nn.functional import linear

    three = (attention.query, attention.key, attention.value)
    weight, bias = (torch.cat([getattr(part, name) for part in three]) for name in ("weight", "bias"))
    return lambda x: linear(x, weight, bias)


def mean_of_texts(vectors: Tensor, packed: Packed) -> Tensor:
    """Return the mean of each text's token vectors in 32 bits, shape (texts, width)."""
    vectors = vectors[: len(packed.text_of)].float()
    sums = vectors.new_zeros(len(packed.lengths), vectors.shape[1]).index_add(0, packed.text_of, vectors)
    return sums / packed.lengths[:, None]


def _group(lengths: np.ndarray, halves: np.ndarray, start: int, place: torch.device | str) -> Group:
    import torch

    longest = -(-int(lengths[0]) // LENGTH_STEP) * LENGTH_STEP
    real = np.arange(longest) < lengths[:, None]
    second = np.arange(longest) >= halves[:, None]
    across = None
    if (halves < lengths).any():
        across = torch.as_tensor((second[:, :, None] != second[:, None])[:, None], device=place)
    return Group(
        start,
        start + int(lengths.sum()),
        len(lengths),
        longest,
        torch.as_tensor(np.flatnonzero(real), device=place),
        torch.as_tensor(real[:, None, None], device=place),
        across,
    )


def _attend(qkv: Tensor, packed: Packed, attention: Any) -> Tensor:
    """Return what the attention heads read, shape (tokens, width).

    Args:
        qkv: queries, keys and values, shape (tokens, 3 · width).
        packed: the texts.
        attention: the layer's `BertSelfAttention`.
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    width, heads = qkv.shape[1] // 3, attention.num_attention_heads
    read = []
    for group in packed.groups:
        block = qkv.new_zeros(group.size * group.length, 3 * width)
        block = block.index_copy(0, group.rows, qkv[group.start : group.stop])
        q, k, v = block.view(group.size, group.length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        far = torch.finfo(q.dtype).min
        bias = torch.zeros_like(group.mask, dtype=q.dtype).masked_fill(~group.mask, far)
        if group.across is not None:
            bias = bias - DISTANCE * group.across.to(q.dtype)
        if qkv.device.type == "cpu":  # for short texts quicker than the library's way, above all backwards
            weights = torch.softmax((q * attention.scaling) @ k.transpose(2, 3) + bias, dim=-1).to(v.dtype)
            seen = attention.dropout(weights) @ v
        else:
            dropout = attention.dropout.p if attention.training else 0.0
            seen = scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=dropout)
        read.append(seen.transpose(1, 2).reshape(-1, width).index_select(0, group.rows))
    filling = len(packed.ids) - len(packed.text_of)
    return torch.cat([*read, qkv.new_zeros(filling, width)])
