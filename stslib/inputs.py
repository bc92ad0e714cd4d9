"""What BERT reads: one or two sentences as tokens, ids, segments and a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stslib.errors import StsError

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedTokenizerBase

SPECIAL_TOKENS = {
    "[CLS]": "the first token; in models trained for it, its output stands for the whole input",
    "[SEP]": "the end of a sentence",
    "[MASK]": "a gap that the model is asked to fill",
    "[PAD]": "filling up to the longest row of a batch; not read",
    "[UNK]": "a word that the vocabulary cannot spell",
}


@dataclass(frozen=True)
class Truncation:
    """How many tokens of each sentence were cut off to fit `limit` tokens.

    `lost` and `total` have one entry a sentence, special tokens not counted.
    """

    limit: int
    total: tuple[int, ...]
    lost: tuple[int, ...]

    def __str__(self) -> str:
        if not any(self.lost):
            return f"Nothing was cut off (limit: {self.limit} tokens)."
        parts = [
            f"sentence {i} lost {lost} of its {total} tokens"
            for i, (lost, total) in enumerate(zip(self.lost, self.total, strict=True), 1)
            if lost
        ]
        return f"Cut to {self.limit} tokens: {', '.join(parts)}."


def input_table(
    tokenizer: PreTrainedTokenizerBase, first: str, second: str | None = None, max_length: int | None = None
) -> pd.DataFrame:
    """Return what BERT reads for a sentence or a pair, one row a token.

    The pair becomes ``[CLS] first [SEP] second [SEP]`` (Devlin et al. 2019, figure 2).

    Args:
        tokenizer: of the model.
        first, second: the sentences.
        max_length: cut to that many tokens, special ones counted; default: what the model reads.

    Returns:
        Columns ``position``, ``token``, ``id``, ``segment`` (0 or 1), ``attention`` (1: read).
    """
    import pandas as pd

    encoded = _encode(tokenizer, first, second, max_length)
    ids = encoded["input_ids"]
    return pd.DataFrame(
        {
            "position": range(len(ids)),
            "token": tokenizer.convert_ids_to_tokens(ids),
            "id": ids,
            "segment": encoded["token_type_ids"],
            "attention": encoded["attention_mask"],
        }
    )


def truncation(
    tokenizer: PreTrainedTokenizerBase, first: str, second: str | None = None, max_length: int | None = None
) -> Truncation:
    """Return which sentence loses how many tokens when the input is cut to `max_length`.

    The longer sentence is cut first, token by token, at its end.
    """
    origin = _encode(tokenizer, first, second, max_length).sequence_ids()
    texts = [first] if second is None else [first, second]
    total = token_counts(tokenizer, texts)
    kept = [origin.count(i) for i in range(len(texts))]
    lost = tuple(t - k for t, k in zip(total, kept, strict=True))
    return Truncation(max_length or tokenizer.model_max_length, tuple(total), lost)


def check_pairs(first: Sequence[str], second: Sequence[str]) -> None:
    """Raise `StsError` unless every first sentence has a second one."""
    if len(first) != len(second):
        raise StsError(f"Pairs need two lists of one length, not {len(first)} and {len(second)} sentences.")


def token_counts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[int]:
    """Return the number of tokens of each text, special ones not counted, nothing cut off."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
    return [len(ids) for ids in encoded["input_ids"]]


def batch_table(tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return a padded batch of pairs: one row a pair, one column a position, tokens as text."""
    import pandas as pd

    if not pairs:
        raise StsError("A batch needs at least one pair.")
    first, second = zip(*pairs, strict=True)
    encoded = tokenizer(list(first), list(second), padding=True, truncation=True)
    return pd.DataFrame([tokenizer.convert_ids_to_tokens(ids) for ids in encoded["input_ids"]])


def special_tokens(tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Return BERT's special tokens with their ids and what each is for."""
    import pandas as pd

    return pd.DataFrame(
        {
            "token": list(SPECIAL_TOKENS),
            "id": tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)),
            "meaning": list(SPECIAL_TOKENS.values()),
        }
    )


def _encode(tokenizer, first, second, max_length):
    room = max_length or tokenizer.model_max_length
    special = tokenizer.num_special_tokens_to_add(pair=second is not None)
    if room <= special:
        raise StsError(f"max_length {room} leaves no room for text: {special} tokens are special ones.")
    return tokenizer(first, second, truncation="longest_first", max_length=room)
