"""How alike two sentences are, and whether that is alike enough for label 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stslib.errors import StsError
from stslib.inputs import check_pairs, token_counts
from stslib.models import load_encoder
from stslib.profiles import profile
from stslib.progress import shown
from stslib.tables import choose_columns, is_sentence
from stslib.threshold import Threshold

if TYPE_CHECKING:
    import pandas as pd
    from sentence_transformers import SentenceTransformer

RESULTS = {"score": float, "lbl": int}  # the columns that a table of pairs gets


def pair_scores(
    first: Sequence[str], second: Sequence[str], encoder: SentenceTransformer | None = None, *, progress: bool = False
) -> NDArray[np.float64]:
    """Return the cosine similarity of each pair, shape (n,), from -1 to 1.

    Each different sentence is encoded once, however often it occurs.

    Args:
        first, second: n sentences each.
        encoder: default: that of the active profile.
        progress: show a bar.

    Raises:
        StsError: the two lists differ in length.
    """
    check_pairs(first, second)
    if not len(first):
        return np.empty(0)
    encoder = encoder or load_encoder()
    place = {text: i for i, text in enumerate(dict.fromkeys([*first, *second]))}
    vectors = encoder.encode(list(place), normalize_embeddings=True, show_progress_bar=shown(progress))
    left = vectors[[place[text] for text in first]]
    right = vectors[[place[text] for text in second]]
    return np.einsum("ij,ij->i", left, right).astype(float)


def similarity(first: str, second: str, encoder: SentenceTransformer | None = None) -> float:
    """Return the cosine similarity of two sentences, from -1 to 1."""
    return float(pair_scores([first], [second], encoder)[0])


def border_for(encoder: SentenceTransformer | None, threshold: Threshold | None = None) -> Threshold:
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


def too_long(texts: Sequence[str], encoder: SentenceTransformer) -> NDArray[np.bool_]:
    """Return for each text whether the encoder reads only its beginning, shape (n,)."""
    tokenizer = encoder.tokenizer
    limit = encoder.max_seq_length - tokenizer.num_special_tokens_to_add(pair=False)
    # A token has at least one character, so that a short text needs no counting.
    long = [i for i, text in enumerate(texts) if len(text) > limit]
    flags = np.zeros(len(texts), dtype=bool)
    flags[long] = [count > limit for count in token_counts(tokenizer, [texts[i] for i in long])]
    return flags


def label_pairs(
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    threshold: Threshold | None = None,
    encoder: SentenceTransformer | None = None,
    skip_invalid: bool = False,
) -> pd.DataFrame:
    """Return the table with two more columns: ``score`` (cosine) and ``lbl`` (1: same meaning).

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
