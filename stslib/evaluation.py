"""Measure a saved model on judged pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stslib.errors import StsError
from stslib.joint import JointEncoder
from stslib.metrics import label_report, score_report
from stslib.models import load_encoder
from stslib.profiles import profile
from stslib.saved import border_of, is_cross_encoder, load_saved
from stslib.similarity import pair_scores
from stslib.threshold import Threshold

if TYPE_CHECKING:
    import pandas as pd

Scorer = Callable[[Sequence[str], Sequence[str]], NDArray[np.float64]]
OWN = "course"  # the name of the active profile's encoder


def load_scorer(model: str | Path, *, progress: bool = False) -> tuple[Scorer, float | None]:
    """Return a function that scores pairs, and the border of label 1 that belongs to it.

    Args:
        model: the folder of a cross-encoder or of a joint encoder with a head (scores from 0 to 1), of a
            sentence encoder or of another joint encoder (cosines), or ``"course"`` for the active profile's encoder.
        progress: show a bar while scoring.

    Returns:
        The function of two lists of sentences, and the border: the model's own
        ``threshold.json`` if it has one, 0.5 for another model with scores from 0 to 1, None
        for others.

    Raises:
        StsError: there is no such model.
    """
    if str(model) == OWN:
        shipped = Threshold.load()
        fits = shipped.model == profile().encoder_model
        own = load_encoder()
        return lambda a, b: pair_scores(a, b, own, progress=progress), shipped.value if fits else None
    found = load_saved(model)
    border = border_of(model)
    if border is None and is_cross_encoder(found) and not (isinstance(found, JointEncoder) and found.head is None):
        return lambda a, b: pair_scores(a, b, found, progress=progress), 0.5
    return lambda a, b: pair_scores(a, b, found, progress=progress), border.value if border else None


def evaluate(model: str | Path, table: pd.DataFrame, *, progress: bool = False) -> dict[str, float]:
    """Return how well a model's scores agree with what is known of the pairs.

    Args:
        model: see `load_scorer`.
        table: ``sentence1, sentence2`` and ``score`` or ``label``, as from `stslib.data.read_examples`.
        progress: show a bar.

    Returns:
        For scores what `stslib.metrics.score_report` says, for labels `stslib.metrics.label_report`.

    Raises:
        StsError: fewer than three pairs; see `load_scorer`, `stslib.metrics.label_report`.
    """
    if len(table) < 3:
        raise StsError(f"{len(table)} pairs are too few to measure anything: at least three are needed.")
    score, border = load_scorer(model, progress=progress)
    scores = score(table["sentence1"].tolist(), table["sentence2"].tolist())
    if "label" in table:
        return label_report(scores, table["label"], border)
    return score_report(scores, table["score"])
