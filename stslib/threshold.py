"""From score to label: a border fitted on development pairs and then left alone."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.errors import StsError
from stslib.metrics import RESAMPLES, bootstrap
from stslib.randomness import SEED

SAME_MEANING = 4.0  # on the scale from 0 to 5: "mostly equivalent, unimportant details differ"
OBJECTIVES = ("accuracy", "f1")
SHIPPED = Path(__file__).with_name("threshold.json")


@dataclass(frozen=True)
class Threshold:
    """A border between label 0 and label 1, and where it comes from.

    Attributes:
        value: scores from here up get label 1.
        low, high: 95 % bootstrap interval of `value`.
        objective: what was maximised: ``"accuracy"`` or ``"f1"``.
        reached: the objective on the pairs that it was fitted on.
        pairs, positives: how many pairs those were, and how many had label 1.
        model: whose scores they were; a border holds for one model only.
        source: which pairs they were.
        seed: of the bootstrap.
    """

    value: float
    low: float
    high: float
    objective: str
    reached: float
    pairs: int
    positives: int
    model: str
    source: str
    seed: int = SEED

    def label(self, scores: ArrayLike) -> NDArray[np.int64]:
        """Return 1 where the score reaches the border, else 0; same shape as `scores`."""
        return (np.asarray(scores) >= self.value).astype(np.int64)

    def save(self, path: str | Path) -> None:
        """Write the threshold as JSON."""
        Path(path).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path = SHIPPED) -> Threshold:
        """Read a saved threshold; without a path, the shipped one of the course's encoder.

        Raises:
            StsError: no such file, or not a threshold.
        """
        path = Path(path)
        try:
            loaded = cls(**json.loads(path.read_text(encoding="utf-8")))
            if not math.isfinite(loaded.value):  # TypeError where it is no number
                raise ValueError("no finite number")
            return loaded
        except FileNotFoundError as error:
            raise StsError(f"There is no threshold file {path}.") from error
        except (ValueError, TypeError) as error:
            names = ", ".join(field.name for field in fields(cls))
            raise StsError(f"{path.name} is not a threshold file: expected JSON with {names}.") from error


def fit_threshold(
    scores: ArrayLike,
    labels: ArrayLike,
    *,
    objective: str = "accuracy",
    model: str = "",
    source: str = "",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Threshold:
    """Return the border that serves the objective best on these pairs, with its interval.

    Every border between two different scores is tried. The interval is the percentile
    bootstrap over pairs (Efron & Tibshirani 1993, chapter 13).

    Args:
        scores: one similarity a pair.
        labels: 0 or 1 a pair; both must occur.
        objective: ``"accuracy"``, or ``"f1"`` (of label 1) where one label is rare.
        model, source: kept with the result.
        resamples: bootstrap samples.
        seed: of the bootstrap.

    Raises:
        StsError: shapes differ, a score is not finite, or one of the labels is missing.
    """
    score = np.asarray(scores, dtype=float)
    label = np.asarray(labels)
    if objective not in OBJECTIVES:
        raise StsError(f"There is no objective {objective!r}: choose 'f1' or 'accuracy'.")
    if score.ndim != 1 or score.shape != label.shape:
        raise StsError(f"Scores and labels must be two lists of one length, not {score.shape} and {label.shape}.")
    if not np.isfinite(score).all():
        raise StsError(f"The score of pair {int(np.argmin(np.isfinite(score))) + 1} is not a finite number.")
    if set(np.unique(label)) != {0, 1}:
        raise StsError("A threshold needs pairs of both labels, 0 and 1, and no other.")
    label = label.astype(np.int64)
    value, reached = _best_border(score, label, objective)

    def border_of(score: NDArray[np.float64], label: NDArray[np.int64]) -> float:
        one_label = label.all() or not label.any()  # such a sample has no border
        return float("nan") if one_label else _best_border(score, label, objective)[0]

    low, high = bootstrap(border_of, score, label, resamples=resamples, seed=seed)
    return Threshold(
        value=value,  # not rounded: it may lie between two scores that are close
        low=round(float(low), 4),
        high=round(float(high), 4),
        objective=objective,
        reached=round(reached, 4),
        pairs=len(score),
        positives=int(label.sum()),
        model=model,
        source=source,
        seed=seed,
    )


def _best_border(score: NDArray[np.float64], label: NDArray[np.int64], objective: str) -> tuple[float, float]:
    """Return the best border and the objective there; of equally good ones the middle one."""
    order = np.argsort(score)
    score, label = score[order], label[order]
    # Cut number k gives label 0 to the k lowest scores; a cut between equal scores is none.
    cuts = np.concatenate(([0], np.flatnonzero(np.diff(score)) + 1, [len(score)]))
    ones_below = np.concatenate(([0], np.cumsum(label)))[cuts]
    hits = label.sum() - ones_below
    if objective == "accuracy":
        quality = (hits + cuts - ones_below) / len(score)
    else:
        quality = 2 * hits / (len(score) - cuts + label.sum())
    best = np.flatnonzero(quality == quality.max())
    chosen = best[len(best) // 2]
    cut = cuts[chosen]
    if cut == 0:
        border = score[0]
    elif cut == len(score):
        border = np.nextafter(score[-1], np.inf)
    else:
        border = (score[cut - 1] + score[cut]) / 2
    return float(border), float(quality[chosen])
