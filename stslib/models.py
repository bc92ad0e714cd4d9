"""Tokenizer, plain BERT and sentence encoder of a profile."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from stslib import hub
from stslib.profiles import BUNDLED, Profile, profile
from stslib.weights import bundled_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import BertModel, PreTrainedTokenizerBase

_BERT_FILES = ("config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt")
_ENCODER_FILES = (*_BERT_FILES, "modules.json", "1_Pooling/config.json")


def model_folder(name: str, *, encoder: bool = False) -> Path:
    """Return the local folder of a model: the installed one, a folder, or one from the Hub."""
    if name == BUNDLED:
        return bundled_weights()
    if Path(name).is_dir():
        return Path(name)
    return hub.fetch(name, _ENCODER_FILES if encoder else _BERT_FILES, extra=("*.json",))


def is_here(name: str, *, encoder: bool = False) -> bool:
    """Return whether `model_folder` needs no connection for a model."""
    files = _ENCODER_FILES if encoder else _BERT_FILES
    return name == BUNDLED or Path(name).is_dir() or hub.cached(name, files, extra=("*.json",)) is not None


def device() -> str:
    """Return the best device at hand: ``"cuda"``, ``"mps"`` or ``"cpu"``."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Hide the loading bar and the report on weights that a model has no use for."""
    from transformers.utils import logging as hf_logging

    level, bar = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    conversions = logging.getLogger("sentence_transformers")  # tells of a model's change of kind
    before = conversions.level
    hf_logging.set_verbosity(logging.ERROR)
    conversions.setLevel(logging.ERROR)
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(level)
        conversions.setLevel(before)
        if bar:
            hf_logging.enable_progress_bar()


def load_tokenizer(which: Profile | None = None) -> PreTrainedTokenizerBase:
    """Return the WordPiece tokenizer of the profile's BERT."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_folder((which or profile()).bert))


def load_bert(which: Profile | None = None) -> BertModel:
    """Return the profile's BERT in float32, in evaluation mode, on the CPU.

    Its attention is the plain ("eager") implementation, the only one that can return
    the attention weights.
    """
    import torch
    from transformers import AutoModel

    with quiet_loading():
        return AutoModel.from_pretrained(
            model_folder((which or profile()).bert), dtype=torch.float32, attn_implementation="eager"
        )


def load_encoder(which: Profile | None = None) -> SentenceTransformer:
    """Return the profile's sentence encoder on the best device; loaded once a process."""
    return _load_encoder((which or profile()).encoder)


@cache
def _load_encoder(name: str) -> SentenceTransformer:
    return load_sentence_transformer(model_folder(name, encoder=True))


def load_sentence_transformer(folder: Path) -> SentenceTransformer:
    """Return the sentence encoder that lies in a folder, on the best device."""
    from sentence_transformers import SentenceTransformer

    with quiet_loading():
        return SentenceTransformer(str(folder), device=device())
