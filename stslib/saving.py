"""Folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from stslib.errors import StsError
from stslib.threshold import Threshold

MARKS = ("config.json", "modules.json")
WEIGHTS = "model.safetensors"
MODEL_ENDINGS = (".json", ".safetensors", ".txt", ".md")
BORDER_FILE = "threshold.json"  # a model may bring its own border along
CARD_FILE = "README.md"


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
        if not _holds_a_model_only(target):
            raise StsError(f"The folder {out} holds something else than a model, so it is not replaced.")
    return target


def _holds_a_model_only(folder: Path) -> bool:
    """Return whether a folder looks like a saved model with nothing else in it: it may be replaced."""
    marked = any((folder / name).is_file() for name in MARKS) and (folder / WEIGHTS).is_file()
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    modules = [path.name for path in folder.iterdir() if path.is_dir()]
    return (
        marked
        and all(path.suffix in MODEL_ENDINGS for path in files)
        and all(re.fullmatch(r"\d+_[A-Za-z]+", name) for name in modules)
    )


def add_border_and_card(folder: Path, border: Threshold | None, card: str) -> None:
    """Write what belongs to a model besides its weights, as far as there is any."""
    if border:
        border.save(folder / BORDER_FILE)
    if card:
        (folder / CARD_FILE).write_text(card, encoding="utf-8")


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
