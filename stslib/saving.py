"""Folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stslib.errors import StsError
from stslib.threshold import Threshold
from stslib.weights import sha256_of

MARKS = ("config.json", "modules.json")
WEIGHTS = "model.safetensors"
BORDER_FILE = "threshold.json"  # a model may bring its own border along
CARD_FILE = "README.md"
HEAD_FILE = "head.safetensors"  # of a joint encoder for labels
# All that a saved model consists of, here and as transformers and Sentence Transformers write it.
MODEL_FILES = {
    *MARKS,
    WEIGHTS,
    BORDER_FILE,
    CARD_FILE,
    HEAD_FILE,
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
}
MODULE = re.compile(r"\d+_[A-Za-z]+")  # the folder of a module, such as 1_Pooling


def check_target(out: str | Path, *, force: bool) -> Path:
    """Return the folder to write, if it may be written.

    Args:
        out: the folder of a model to be.
        force: replace a model that is there; anything else is never replaced.

    Raises:
        StsError: it is a file, or not empty and not to be replaced, or not a model's folder.
    """
    target = Path(out)
    parent = next(place for place in (target.parent, *target.absolute().parents) if place.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise StsError(f"The folder {out} cannot be made: {parent} cannot be written to.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise StsError(f"{out} is not a folder: choose another name.")
    if target.exists() and any(target.iterdir()):
        if not force:
            raise StsError(f"The folder {out} is not empty: choose another name, or replace it with --force.")
        other = _what_is_no_model(target)
        if other:
            raise StsError(f"The folder {out} holds {other}, so it is not replaced: choose another name.")
    return target


def _what_is_no_model(folder: Path) -> str:
    """Return what a folder holds beside a saved model, or "" where it may be replaced."""
    if not (any((folder / name).is_file() for name in MARKS) and (folder / WEIGHTS).is_file()):
        return "something else than a model"
    others = [path.name for path in folder.rglob("*") if not path.is_dir() and path.name not in MODEL_FILES]
    others += [path.name for path in folder.iterdir() if path.is_dir() and not MODULE.fullmatch(path.name)]
    return f"{min(others)}, which is no part of a model" if others else ""


def add_border_and_card(folder: Path, border: Threshold | None, card: str) -> None:
    """Write what belongs to a model besides its weights, as far as there is any; the border names the weights."""
    if border:
        replace(border, model=f"{border.model} {digest_of(folder / WEIGHTS)}".strip()).save(folder / BORDER_FILE)
    if card:
        (folder / CARD_FILE).write_text(card, encoding="utf-8")


def digest_of(weights: Path) -> str:
    """Return what tells these weights from others: the beginning of their SHA-256."""
    return sha256_of(weights)[:12]


@contextlib.contextmanager
def whole_folder(out: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `out`, which becomes `out` when the block ends well.

    What `out` held is removed only after the new folder is in its place.

    Raises:
        StsError: see `check_target`.
    """
    target = check_target(out, force=force)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as place:
        draft, old = Path(place) / "new", Path(place) / "old"
        draft.mkdir()
        yield draft
        check_target(out, force=force)  # somebody may have written there meanwhile
        if target.exists():
            shutil.copymode(target, draft)
            os.replace(target, old)
        try:
            os.replace(draft, target)
        except OSError:
            if old.exists():
                os.replace(old, target)
            raise
