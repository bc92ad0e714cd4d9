"""From tables of judged pairs to a trained model: what `stslib train` does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stslib.cross import EPOCHS, RATE, bert_of, cross_scores, new_cross, save_cross, train_cross
from stslib.data import HIGHEST
from stslib.errors import StsError
from stslib.metrics import label_report, spearman
from stslib.randomness import SEED
from stslib.threshold import SAME_MEANING, Threshold, fit_threshold

if TYPE_CHECKING:
    import pandas as pd
    from sentence_transformers import CrossEncoder


@dataclass(frozen=True)
class TrainedCross:
    """A trained cross-encoder, and how it was chosen.

    Attributes:
        model: with the weights of the epoch that was kept.
        dev_quality: after each epoch; empty without dev pairs.
        measure: what that is: Spearman for scores, average precision for labels.
        kept: the number of the epoch, from 1; without dev pairs the last one.
        border: fitted on the dev pairs (best F1), or None.
    """

    model: CrossEncoder
    dev_quality: list[float]
    measure: str
    kept: int
    border: Threshold | None

    def save(self, out: str | Path, *, force: bool = False) -> Path:
        """Write the model's folder, with its border in ``threshold.json``, whole or not at all."""
        return save_cross(self.model, out, border=self.border, force=force)


def targets_of(table: pd.DataFrame) -> NDArray[np.float32]:
    """Return what a pair's score from 0 to 1 should be: its label, or its score divided by 5; shape (n,)."""
    known = table["label"] if "label" in table else table["score"] / HIGHEST
    return known.to_numpy(dtype=np.float32)


def train_cross_on(
    learn: pd.DataFrame,
    dev: pd.DataFrame | None = None,
    *,
    epochs: int = EPOCHS,
    rate: float = RATE,
    seed: int = SEED,
    progress: bool = False,
) -> TrainedCross:
    """Train a cross-encoder, keeping the epoch that is best on dev.

    Args:
        learn: ``sentence1, sentence2`` and ``score`` or ``label``, as from `stslib.data.read_examples`.
        dev: likewise, other pairs; without them the last epoch is kept, and no border fitted.
        epochs, rate, seed, progress: see `stslib.cross.train_cross`.

    Raises:
        StsError: a label table without both labels.
    """
    for table in (learn, dev):
        if table is not None and "label" in table and set(table["label"]) != {0, 1}:
            raise StsError("A table of labels needs pairs of both labels, 0 and 1.")
    measure = "average precision" if dev is not None and "label" in dev else "Spearman"
    cross = new_cross(seed=seed)
    qualities: list[float] = []
    best: dict = {}

    def look(epoch: int) -> None:
        assert dev is not None
        scores = cross_scores(cross, dev["sentence1"].tolist(), dev["sentence2"].tolist())
        if "label" in dev:
            quality = label_report(scores, dev["label"], None)["average_precision"]
        else:
            quality = spearman(scores, dev["score"])
        if not qualities or quality > max(qualities):
            best.update(
                epoch=epoch, scores=scores, weights={k: v.clone() for k, v in bert_of(cross).state_dict().items()}
            )
        qualities.append(quality)

    train_cross(
        cross,
        learn["sentence1"].tolist(),
        learn["sentence2"].tolist(),
        targets_of(learn),
        epochs=epochs,
        rate=rate,
        seed=seed,
        after_epoch=look if dev is not None else None,
        progress=progress,
    )
    border = None
    if dev is not None:
        bert_of(cross).load_state_dict(best["weights"])
        same = dev["label"] if "label" in dev else dev["score"] >= SAME_MEANING
        if 0 < same.sum() < len(same):
            border = fit_threshold(best["scores"], same, objective="f1", model="cross-encoder", source="dev")
    return TrainedCross(cross, qualities, measure, best.get("epoch", epochs), border)
