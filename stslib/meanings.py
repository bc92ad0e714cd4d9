"""Meaning sets: wordings of one thing, beside wordings of nearly another, as pairs to learn labels from.

A set says in a few lines which sentences mean the same and which do not:

    ! role reversal
    @ A, B = the teacher, the pupil; Anna, Karim
    @ did, done = thanked, thanked; chose, chosen
    - {A} {did} {B}. | {B} was {done} by {A}.
    - {B} {did} {A}. | it was {B} who {did} {A}.

``!`` names what it is about; each ``@`` gives slots and the rows of words that fill them together; each
``-`` is one meaning, its wordings between ``|``. Two wordings of one line have label 1, two of different
lines label 0. Since a sentence occurs in pairs of both labels, it tells nothing alone, and since the lines
share their words, word overlap tells little: a model has to read (cf. Gardner et al. 2020, contrast sets,
arXiv:2004.02709, and Ribeiro et al. 2020, CheckList, arXiv:2005.04118, for templates).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stslib.errors import StsError
from stslib.progress import bar
from stslib.randomness import SEED

if TYPE_CHECKING:
    import pandas as pd

SLOT = re.compile(r"{(.*?)}")
Words = dict[str, str]


@dataclass(frozen=True)
class MeaningSet:
    """A few meanings, each in its wordings, with slots in braces.

    Attributes:
        phenomenon: what it is about.
        slots: for each line of slots the rows that fill them.
        meanings: for each meaning its wordings.
    """

    phenomenon: str
    slots: list[list[Words]]
    meanings: list[list[str]]

    def filled(self, dice: random.Random) -> list[list[str]]:
        """Return the sentences of each meaning, with words that the dice choose."""
        words = self._words(dice)
        return [[_sentence(wording, words) for wording in wordings] for wordings in self.meanings]

    def pair(self, label: int, dice: random.Random) -> list[str]:
        """Return two sentences of one meaning (label 1) or of two (0), with words that the dice choose."""
        if label:
            wordings = dice.sample(dice.choice([wordings for wordings in self.meanings if len(wordings) > 1]), 2)
        else:
            wordings = [dice.choice(wordings) for wordings in dice.sample(self.meanings, 2)]
        words = self._words(dice)
        return [_sentence(wording, words) for wording in wordings]

    def _words(self, dice: random.Random) -> Words:
        words: Words = {}
        for rows in self.slots:
            words |= dice.choice(rows)
        return words


def read_meanings(file: str | Path) -> list[MeaningSet]:
    """Return the sets of a text file; an empty line ends a set, and lines with ``#`` are remarks.

    Raises:
        StsError: a line of another form, a slot without words or words without a slot, a set
            with one meaning or without a meaning in two wordings.
    """
    sets: list[MeaningSet] = []
    number, block = 0, list[str]()
    for place, line in enumerate([*Path(file).read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.strip().startswith("#"):
            continue
        if line.strip():
            number = number if block else place
            block.append(line.strip())
        elif block:
            try:
                sets.append(_set_of(block))
            except ValueError as error:
                raise StsError(f"{Path(file).name}, the set in line {number}: {error}") from None
            block = []
    return sets


def meaning_pairs(
    sets: list[MeaningSet], per_set: int = 24, seed: int = SEED, *, progress: bool = False
) -> pd.DataFrame:
    """Return pairs with labels: ``sentence1, sentence2, label, phenomenon``.

    Args:
        sets: from `read_meanings` or `stslib.data.load_meanings`.
        per_set: pairs a set, half of them with label 1; a set without many fillings has fewer.
        seed: of the choice.
        progress: show a bar.
    """
    import pandas as pd

    dice = random.Random(seed)
    rows = []
    for one in bar(sets, "fill the meaning sets", show=progress):
        for label in (1, 0):
            chosen: set[frozenset[str]] = set()
            for _ in range(3 * per_set):  # some are drawn twice
                first, second = one.pair(label, dice)
                if first != second and len(chosen) < per_set // 2 and frozenset((first, second)) not in chosen:
                    chosen.add(frozenset((first, second)))
                    rows.append((first, second, label, one.phenomenon))
    return pd.DataFrame(rows, columns=["sentence1", "sentence2", "label", "phenomenon"])


def _set_of(lines: list[str]) -> MeaningSet:
    phenomena = [line[1:].strip() for line in lines if line.startswith("!")]
    slots = [_slots_of(line[1:]) for line in lines if line.startswith("@")]
    meanings = [[part.strip() for part in line[1:].split("|")] for line in lines if line.startswith("-")]
    if len(phenomena) != 1 or len(lines) != 1 + len(slots) + len(meanings):
        raise ValueError("it needs one line with '!'; every other line begins with '@' or '-'.")
    if len(meanings) < 2 or max(map(len, meanings)) < 2:
        raise ValueError("it needs two meanings, and one of them in two wordings.")
    given = {name for rows in slots for name in rows[0]}
    used = {name for wordings in meanings for wording in wordings for name in SLOT.findall(wording)}
    if given != used:
        raise ValueError(f"slots with words and slots in sentences differ: {', '.join(sorted(given ^ used))}.")
    if not all(wording for wordings in meanings for wording in wordings):
        raise ValueError("a wording is empty.")
    return MeaningSet(phenomena[0], slots, meanings)


def _slots_of(line: str) -> list[Words]:
    left, _, right = line.partition("=")
    names = [name.strip() for name in left.split(",")]
    rows = [[word.strip() for word in row.split(",")] for row in right.split(";") if row.strip()]
    for row in rows:
        if len(row) != len(names):
            raise ValueError(f"the row '{', '.join(row)}' has not one word for each of {', '.join(names)}.")
    if not rows:
        raise ValueError(f"no words for {', '.join(names)}.")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _sentence(wording: str, words: Words) -> str:
    text = SLOT.sub(lambda slot: words[slot[1]], wording)
    return text[0].upper() + text[1:]
