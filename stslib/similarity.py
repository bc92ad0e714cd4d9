"""How alike two sentences are, and whether that is alike enough for label 1."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Union, cast

import numpy as np
from numpy.typing import NDArray

from stslib.cross import cross_scores
from stslib.encoding import encode
from stslib.errors import StsError
from stslib.inputs import check_pairs, token_counts
from stslib.joint import JointEncoder
from stslib.models import load_encoder
from stslib.profiles import profile
from stslib.saved import is_cross_encoder
from stslib.tables import choose_columns, is_sentence
from stslib.threshold import Threshold

if TYPE_CHECKING:
    import pandas as pd
    from sentence_transformers import CrossEncoder, SentenceTransformer

Model = Union["SentenceTransformer", "CrossEncoder", JointEncoder]
RESULTS = {"score": float, "lbl": int}  # the columns that a table of pairs gets


def pair_scores(
    first: Sequence[str],
    second: Sequence[str],
    encoder: Model | None = None,
    *,
    bits: int | None = None,
    progress: bool = False,
) -> NDArray[np.float64]:
    """Return the similarity of each pair, shape (n,).

    That is a cosine, from -1 to 1, or the score of a cross-encoder or of a joint encoder with a head, from 0 to 1.

    A sentence encoder encodes each different sentence once, however often it occurs.

    Args:
        first, second: n sentences each.
        encoder: a sentence encoder, a cross-encoder or a joint encoder; default: the encoder of the
            active profile.
        bits: of the numbers to compute with; for a sentence encoder see `stslib.encoding.LongJob`, default
            32; for the others 32, or 16 where that is fast, which is their default.
        progress: show a bar.

    Raises:
        StsError: the two lists differ in length, or a model that reads pairs is to do so with 8 bits.
    """
    check_pairs(first, second)
    if not len(first):
        return np.empty(0)
    model = encoder or load_encoder()
    if not is_cross_encoder(model):
        vectors = encode(cast("SentenceTransformer", model), [*first, *second], bits=bits or 32, progress=progress)
        return cosines(vectors)
    if bits not in (None, 16, 32):
        raise StsError(f"A model that reads pairs computes with 16 or 32 bits, not {bits}.")
    if isinstance(model, JointEncoder):
        return model.predict(list(zip(first, second, strict=True)), bits=bits or 16, progress=progress)
    return cross_scores(cast("CrossEncoder", model), first, second, bits=bits or 16, progress=progress)


def cosines(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine of each vector of the first half with its partner in the second half.

    Args:
        vectors: of length 1, shape (2n, width).
    """
    left, right = np.split(vectors, 2)
    return np.einsum("ij,ij->i", left, right).astype(float)


def similarity(first: str, second: str, encoder: Model | None = None) -> float:
    """Return how similar two sentences are, see `pair_scores`."""
    return float(pair_scores([first], [second], encoder)[0])


def border_for(encoder: Model | None, threshold: Threshold | None = None) -> Threshold:
    """Return the threshold to use, default the shipped one, if it belongs to the encoder.

    Args:
        encoder: None for that of the active profile, whose name is compared; an encoder
            of the caller's own needs a threshold of its own.

    Raises:
        StsError: the threshold was fitted on the scores of another model.
    """
    if encoder is not None and threshold is None:
        raise StsError("An encoder of your own needs a border of its own: fit one with fit_threshold and pass it.")
    chosen = threshold or Threshold.load()
    if encoder is None and chosen.model != profile().encoder_model:
        raise StsError(
            f"The threshold was fitted for {chosen.model or 'an unnamed model'}, not for {profile().encoder_model}: "
            f"fit one with `stslib threshold`."
        )
    return chosen


def too_long(first: Sequence[str], second: Sequence[str], encoder: Model) -> NDArray[np.bool_]:
    """Return for each pair whether the model reads only the beginning of a sentence, shape (n,)."""
    together = is_cross_encoder(encoder) and not isinstance(encoder, JointEncoder)  # one limit for both
    tokenizer = encoder.tokenizer
    limit = int(encoder.max_seq_length or tokenizer.model_max_length)
    limit -= tokenizer.num_special_tokens_to_add(pair=together)
    flags = np.zeros(len(first), dtype=bool)
    # A token has at least one character, so that short texts need no counting.
    long = [i for i, texts in enumerate(zip(first, second, strict=True)) if sum(map(_characters, texts)) > limit]
    counts = [token_counts(tokenizer, [side[i] for i in long]) for side in (first, second)]
    flags[long] = [(a + b if together else max(a, b)) > limit for a, b in zip(*counts, strict=True)]
    return flags


def _characters(text: str) -> int:
    """Return how many characters a tokenizer sees, which may take an accent, or a Korean syllable, to pieces."""
    return len(text if text.isascii() else unicodedata.normalize("NFD", text))


def label_pairs(
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    threshold: Threshold | None = None,
    encoder: Model | None = None,
    skip_invalid: bool = False,
) -> pd.DataFrame:
    """Return the table with two more columns: ``score`` (see `pair_scores`) and ``lbl`` (1: same meaning).

    Rows, index and other columns stay as they are; the argument is not changed.

    Args:
        table: with two columns of sentences.
        columns: their names; needed unless the table has exactly two columns of text.
        threshold: the border; default: the shipped one.
        encoder: default: that of the active profile; another one needs its own threshold.
        skip_invalid: leave score and label empty where a sentence is; else that is an error.

    Raises:
        StsError: columns missing or ambiguous, ``score`` or ``lbl`` already there, empty sentence,
            or a threshold of another model.
    """
    import pandas as pd

    border = border_for(encoder, threshold)
    names = [str(name) for name in table.columns]  # a table made of plain rows has numbers for names
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise StsError(f"The table has two columns named {twice[0]!r}: rename one.")
    text = [name for i, name in enumerate(names) if _holds_text(table.iloc[:, i])]
    first, second = choose_columns(names, text, columns and [str(name) for name in columns], results=RESULTS)
    pairs = table.set_axis(names, axis=1)[[first, second]]
    valid = pd.DataFrame({name: pairs[name].map(is_sentence) for name in (first, second)})
    usable = valid.all(axis=1).to_numpy(dtype=bool)
    if not usable.all() and not skip_invalid:
        row = int(np.argmin(usable))
        name = first if not valid[first].iloc[row] else second
        raise StsError(
            f"Row {row + 1} (index {table.index[row]!r}): {name!r} is empty or not text; "
            f"fill it, or pass skip_invalid=True to leave its label empty."
        )
    scores = np.full(len(table), np.nan)
    scores[usable] = pair_scores(pairs.loc[usable, first].tolist(), pairs.loc[usable, second].tolist(), encoder)
    labels = pd.array(border.label(scores), dtype="Int64")
    labels[~usable] = pd.NA
    result = table.copy()
    result["score"] = scores
    result["lbl"] = labels if not usable.all() else labels.to_numpy(dtype=np.int64)
    return result


def _holds_text(column: pd.Series) -> bool:
    filled = column.dropna()
    return len(filled) > 0 and all(isinstance(value, str) for value in filled)
