"""From tables of judged pairs to a trained model: what `stslib train` does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stslib import cross, joint, sbert
from stslib.data import HIGHEST
from stslib.errors import StsError
from stslib.metrics import label_report, spearman
from stslib.profiles import profile
from stslib.randomness import SEED
from stslib.saved import load_saved_encoder, name_of
from stslib.similarity import pair_scores
from stslib.threshold import SAME_MEANING, Threshold, fit_threshold

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

Weights = dict[str, "Tensor"]
SHARES = (0.85, 0.7, 0.5)  # of the way from the first weights to the learned ones, tried beside the whole way
SHARE = "share of what was learned"  # its name among the settings


@dataclass(frozen=True)
class Kind:
    """A kind of model, and the functions that make, train and save it.

    Attributes:
        name: as it is called in text.
        new: makes one, for a seed, the folder of a model to start from, or None for the active profile's
            BERT, and whether it is to learn labels.
        train: see `stslib.cross.train_cross`.
        save: see `stslib.sbert.save_bi`.
        use: two lines of Python that score a pair with the folder ``FOLDER``, for the model card.
        epochs, rate: the usual ones.
    """

    name: str
    new: Callable[[int, Path | None, bool], Any]
    train: Callable[..., list[float]]
    save: Callable[..., Path]
    use: str
    epochs: int
    rate: float


CROSS = Kind(
    "cross-encoder",
    lambda seed, start, labels: cross.load_cross(start) if start else cross.new_cross(seed=seed),
    cross.train_cross,
    cross.save_cross,
    "from sentence_transformers import CrossEncoder\n\n"
    'print(CrossEncoder("FOLDER").predict([("the first sentence", "the second sentence")]))',
    cross.EPOCHS,
    cross.RATE,
)
BI = Kind(
    "sentence encoder (bi-encoder)",
    lambda seed, start, labels: load_saved_encoder(start) if start else sbert.new_bi(),
    sbert.train_bi,
    sbert.save_bi,
    "from sentence_transformers import SentenceTransformer\n\n"
    'u, v = SentenceTransformer("FOLDER").encode(["the first sentence", "the second sentence"])\nprint(u @ v)',
    sbert.EPOCHS,
    sbert.RATE,
)
JOINT = Kind(
    "joint encoder",
    lambda seed, start, labels: joint.new_joint(load_saved_encoder(start) if start else None, labels=labels, seed=seed),
    joint.train_joint,
    joint.save_joint,
    "import stslib\n\n"
    'print(stslib.similarity("the first sentence", "the second sentence", stslib.load_saved("FOLDER")))',
    joint.EPOCHS,
    joint.RATE,
)


@dataclass(frozen=True)
class Trained:
    """A trained model, and how it was chosen.

    Attributes:
        kind: `CROSS`, `BI` or `JOINT`.
        model: with the weights of the epoch that was kept.
        pairs: how many it learned from.
        dev_quality: after each epoch; empty without dev pairs.
        quality: on dev, of the weights that were kept; None without dev pairs.
        measure: what that is: Spearman for scores, average precision for labels.
        kept: the number of the epoch, from 1; without dev pairs the last one.
        border: fitted on the dev pairs (best F1), or None.
        settings: epochs, rate, seed, and the share of the way from the first weights to the learned ones.
        origin: what it started from: a BERT, or a trained model.
    """

    kind: Kind
    model: Any
    pairs: int
    dev_quality: list[float]
    quality: float | None
    measure: str
    kept: int
    border: Threshold | None
    settings: dict[str, float]
    origin: str

    def save(self, out: str | Path, *, force: bool = False) -> Path:
        """Write the model's folder, with its border in ``threshold.json`` and a card, whole or not at all."""
        return self.kind.save(self.model, out, border=self.border, card=self.card(Path(out).name), force=force)

    def card(self, title: str) -> str:
        """Return the model card, in Markdown: what it is, from what it was trained, how good, how to use it."""
        lines = [
            f"# {title}",
            "",
            f"A {self.kind.name} for semantic textual similarity, trained by `stslib` from {self.origin}.",
            "",
            f"- learned from {self.pairs:,} pairs",
            *(f"- {name}: {value:g}" for name, value in self.settings.items()),
            f"- epoch kept: {self.kept}",
        ]
        if self.quality is not None:
            lines.append(f"- {self.measure} on the dev pairs, by which epoch and share were chosen: {self.quality:.3f}")
        if self.border:
            lines.append(f"- label 1 from a score of {self.border.value:.3f} up (best F1 on the dev pairs)")
        return "\n".join([*lines, "", "```python", self.kind.use.replace("FOLDER", title), "```", ""])


def targets_of(table: pd.DataFrame) -> NDArray[np.float32]:
    """Return what a pair's score from 0 to 1 should be: its label, or its score divided by 5; shape (n,)."""
    known = table["label"] if "label" in table else table["score"] / HIGHEST
    return known.to_numpy(dtype=np.float32)


def train_on(
    kind: Kind,
    learn: pd.DataFrame,
    dev: pd.DataFrame | None = None,
    *,
    start: str | Path | None = None,
    epochs: int | None = None,
    rate: float | None = None,
    seed: int = SEED,
    progress: bool = False,
) -> Trained:
    """Train a model, keeping the epoch that is best on dev.

    Then the weights go back some part of the way to where they started, if that is better on
    dev: what a model knew before holds for more sentences than it was trained on (Wortsman
    et al. 2022, arXiv:2109.01903).

    Args:
        kind: `CROSS`, `BI` or `JOINT`.
        learn: ``sentence1, sentence2`` and ``score`` or ``label``, as from `stslib.data.read_examples`.
        dev: likewise, other pairs; without them the last epoch is kept, and no border fitted.
        start: the folder of a trained model to go on from; for a joint encoder that of a sentence encoder.
        epochs, rate: default: the usual ones of the kind.
        seed, progress: see `stslib.cross.train_cross`.

    Raises:
        StsError: a label table without both labels; dev pairs that cannot be put into an order.
    """
    if dev is not None and "score" in dev and dev["score"].nunique() < 2:
        raise StsError("The dev pairs all have one score: nothing can be chosen by them.")
    for table in (learn, dev):
        if table is not None and "label" in table and set(table["label"]) != {0, 1}:
            raise StsError("A table of labels needs pairs of both labels, 0 and 1.")
    epochs, rate = epochs or kind.epochs, kind.rate if rate is None else rate
    settings = {"epochs": epochs, "learning rate": rate, "seed": seed}
    origin = name_of(start) if start else profile().bert
    choice = None if dev is None else _Choice(dev)
    model = kind.new(seed, Path(start) if start else None, "label" in learn)
    before = _copy_of_weights(model)
    kind.train(
        model,
        learn["sentence1"].tolist(),
        learn["sentence2"].tolist(),
        targets_of(learn),
        epochs=epochs,
        rate=rate,
        seed=seed,
        after_epoch=partial(choice.after_epoch, model) if choice else None,
        progress=progress,
    )
    if choice is None:
        return Trained(kind, model, len(learn), [], None, "", epochs, None, settings | {SHARE: 1}, origin)
    choice.go_back(model, before)
    return Trained(
        kind,
        model,
        len(learn),
        choice.by_epoch,
        choice.quality,
        choice.measure,
        choice.epoch,
        choice.border(kind.name),
        settings | {SHARE: choice.share},
        origin,
    )


class _Choice:
    """What is best on the dev pairs: an epoch, and a share of the way to what was learned."""

    def __init__(self, dev: pd.DataFrame) -> None:
        self.dev = dev
        self.measure = "average precision" if "label" in dev else "Spearman"
        self.by_epoch: list[float] = []
        self.quality = math.nan
        self.epoch, self.share = 1, 1.0

    def after_epoch(self, model: Any, epoch: int) -> None:
        """Measure a model on dev, and keep its weights if they are the best so far."""
        if self._is_best(model):
            self.epoch = epoch
        self.by_epoch.append(self._last)

    def go_back(self, model: Any, before: Weights) -> None:
        """Give a model the best weights between those that it began with and those of the best epoch."""
        learned = self._weights
        for share in () if math.isnan(self.quality) else SHARES:
            model.load_state_dict(_between(before, learned, share))
            if self._is_best(model):
                self.share = share
        model.load_state_dict(self._weights)

    def border(self, name: str) -> Threshold | None:
        """Return the border with the best F1, or None where all pairs have one label."""
        same = self.dev["label"] if "label" in self.dev else self.dev["score"] >= SAME_MEANING
        if not 0 < same.sum() < len(same):
            return None
        return fit_threshold(self._scores, same, objective="f1", model=name, source="dev")

    def _is_best(self, model: Any) -> bool:
        scores = pair_scores(self.dev["sentence1"].tolist(), self.dev["sentence2"].tolist(), model, bits=16)
        if "label" in self.dev:
            self._last = label_report(scores, self.dev["label"], None)["average_precision"]
        else:
            self._last = spearman(scores, self.dev["score"])
        if not (self._last > self.quality or math.isnan(self.quality)):
            return False
        self.quality, self._scores, self._weights = self._last, scores, _copy_of_weights(model)
        return True


def _copy_of_weights(model: Any) -> Weights:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _between(before: Weights, after: Weights, share: float) -> Weights:
    """Return the weights that lie so far on the way from one to the other."""
    return {
        name: before[name].lerp(value, share) if value.is_floating_point() else value for name, value in after.items()
    }
