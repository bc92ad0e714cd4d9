"""The results ladder: every method of the course in one table, kept from lesson to lesson.

A lesson adds its methods to ``ladder.json`` in the folder it runs in, and shows what is
there up to itself. Run alone, it shows its own.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from stslib.metrics import score_report
from stslib.profiles import Profile

if TYPE_CHECKING:
    import pandas as pd

FILE = Path("ladder.json")


def add_result(
    lesson: str,
    method: str,
    scores: ArrayLike,
    judged: ArrayLike,
    *,
    profile: Profile,
    seconds: float,
    parameters: int = 0,
    file: Path = FILE,
) -> None:
    """Put a method's result on the test pairs into the ladder, in place of an earlier one.

    Args:
        lesson: its number, such as ``"03"``.
        method: its name.
        scores: of the test pairs, shape (n,).
        judged: their judgements, shape (n,).
        profile: what was loaded; results of another profile are kept apart.
        seconds: that scoring these pairs took.
        parameters: how many numbers the method has learned or was given.
        file: where the ladder is kept.
    """
    from filelock import FileLock

    report = score_report(scores, judged)
    row = {
        "profile": profile.name,
        "lesson": lesson,
        "method": method,
        **{name: round(report[name], 4) for name in ("spearman", "low", "high")},
        "seconds_per_1000": round(1000 * seconds / report["n"], 4),
        "parameters": parameters,
    }
    with FileLock(file.with_name(f".{file.stem}.lock")):  # another lesson may be adding its own at this moment
        kept = [old for old in _rows(file) if (old["profile"], old["method"]) != (profile.name, method)]
        draft = file.with_suffix(".part")
        draft.write_text(json.dumps([*kept, row], indent=1) + "\n", encoding="utf-8")
        os.replace(draft, file)


def ladder(lesson: str, profile: Profile, file: Path = FILE) -> pd.DataFrame:
    """Return the results up to a lesson, one row a method, in the order of the lessons.

    Args:
        lesson: its number; later ones are left out.
        profile: whose results.
        file: where the ladder is kept.

    Returns:
        Columns ``lesson, method, spearman, low, high, seconds_per_1000, parameters``.
    """
    import pandas as pd

    columns = ["lesson", "method", "spearman", "low", "high", "seconds_per_1000", "parameters"]
    rows = [row for row in _rows(file) if row["profile"] == profile.name and row["lesson"] <= lesson]
    return pd.DataFrame(sorted(rows, key=lambda row: row["lesson"]), columns=columns)


def _rows(file: Path) -> list[dict]:
    """Return what is kept; a file that cannot be read as a ladder counts as none."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return [row for row in rows if {"profile", "lesson", "method"} <= row.keys()]
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return []
