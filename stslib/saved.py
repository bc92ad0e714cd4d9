"""Models that were trained and saved in a folder, of either kind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stslib.cross import load_cross
from stslib.errors import StsError
from stslib.joint import MARK, JointEncoder, load_joint
from stslib.models import load_sentence_transformer
from stslib.saving import BORDER_FILE, WEIGHTS, digest_of
from stslib.threshold import Threshold

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer


def load_saved(folder: str | Path) -> SentenceTransformer | CrossEncoder | JointEncoder:
    """Return the sentence encoder, cross-encoder or joint encoder of a folder, on the best device.

    Raises:
        StsError: there is no model, or it is damaged.
    """
    place = Path(folder)
    try:
        if (place / "modules.json").is_file() and not _is_cross(place):
            return load_sentence_transformer(place)
        if not (place / "config.json").is_file():
            raise StsError(f"There is no model in {folder}: name a folder that `stslib train` wrote.")
        if _says(place / "config.json", MARK, True):
            return load_joint(place)
        return load_cross(place)
    except (StsError, MemoryError, ImportError):
        raise
    except Exception as error:  # the libraries raise whatever their readers of JSON and weights happen to raise
        reason = (str(error).splitlines() or [""])[0]
        raise StsError(
            f"The model in {folder} can't be read ({type(error).__name__}: {reason}): copy the folder again, "
            f"or train anew."
        ) from error


def load_saved_encoder(folder: str | Path) -> SentenceTransformer:
    """Return the sentence encoder of a folder.

    Raises:
        StsError: there is no model, or it is a cross-encoder.
    """
    model = load_saved(folder)
    if is_cross_encoder(model):
        raise StsError(
            f"The model in {folder} reads pairs, and has no vectors of sentences: train one with `stslib train bi`."
        )
    return model  # type: ignore[return-value]


def is_cross_encoder(model: object) -> bool:
    """Return whether a model scores pairs, instead of giving vectors."""
    return hasattr(model, "predict")


def border_of(folder: str | Path) -> Threshold | None:
    """Return the border that was saved with a model, or None."""
    file = Path(folder) / BORDER_FILE
    return Threshold.load(file) if file.is_file() else None


def border_for_saved(folder: str | Path, threshold: Threshold | None = None) -> Threshold:
    """Return the border to use with a saved model: the given one, or its own; it names the model's weights.

    Raises:
        StsError: there is none, or it was fitted for other weights.
    """
    border = threshold or border_of(folder)
    name = name_of(folder)
    if threshold and threshold.model.split(" ")[-1] != name.split(" ")[-1]:
        raise StsError(f"The threshold was fitted for {threshold.model or 'an unnamed model'}, not for {name}.")
    if border is None:
        raise StsError(
            f"The model in {folder} has no border: fit one with `stslib threshold PAIRS --model {folder} --out FILE`, "
            f"and name it by --threshold."
        )
    return replace(border, model=name)


def name_of(folder: str | Path) -> str:
    """Return a name for a saved model that changes with its weights."""
    weights = Path(folder) / WEIGHTS
    return f"{Path(folder).name} {digest_of(weights)}" if weights.is_file() else Path(folder).name


def _is_cross(folder: Path) -> bool:
    """Return whether sentence-transformers saved a cross-encoder there: new versions write modules.json for both."""
    return _says(folder / "config_sentence_transformers.json", "model_type", "CrossEncoder")


def _says(file: Path, name: str, value: object) -> bool:
    """Return whether a JSON file gives a name that value."""
    try:
        return json.loads(file.read_text(encoding="utf-8")).get(name) == value
    except (OSError, ValueError):
        return False
