import random
import re
from itertools import chain

import pandas as pd
import pytest

import stslib
from stslib import StsError
from stslib.data import load_meanings
from stslib.meanings import SLOT, meaning_pairs, read_meanings

AGENT = re.compile(r"by (.*)\.$|^It was (.*) who|^((?:(?! was).)*) (?:thanked|chose) ")
SETS = """\
# a remark
! role reversal
@ A, B = the teacher, the pupil; Anna, Karim
@ did, done = thanked, thanked; chose, chosen
- {A} {did} {B}. | {B} was {done} by {A}.
- {B} {did} {A}. | it was {B} who {did} {A}.

! negation

"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "sets.txt"
        file.write_text(text, encoding="utf-8")
        return read_meanings(file)

    return write


def test_a_set_is_read_and_filled(written):
    (one,) = written(SETS.replace("! negation\n", ""))
    assert one.phenomenon == "role reversal" and [len(wordings) for wordings in one.meanings] == [2, 2]
    seen = {tuple(map(tuple, one.filled(random.Random(seed)))) for seed in range(50)}
    assert len(seen) == 4  # two rows by two rows
    assert (
        ("Anna chose Karim.", "Karim was chosen by Anna."),
        ("Karim chose Anna.", "It was Karim who chose Anna."),
    ) in seen


def test_pairs_have_the_labels_of_their_lines(written):
    sets = written(SETS.replace("! negation\n", ""))
    pairs = meaning_pairs(sets, per_set=16)
    assert pairs.equals(meaning_pairs(sets, per_set=16)) and not pairs.equals(meaning_pairs(sets, per_set=16, seed=1))
    assert set(pairs["label"].value_counts()) == {8}
    assert len({frozenset(pair) for pair in pairs[["sentence1", "sentence2"]].to_numpy()}) == 16
    for first, second, label, phenomenon in pairs.itertuples(index=False):
        one, other = (AGENT.search(text) for text in (first, second))
        same = one[one.lastindex].lower() == other[other.lastindex].lower()
        assert same == bool(label), (first, second)
        assert phenomenon == "role reversal"


def test_few_fillings_give_few_pairs(written):
    pairs = meaning_pairs(written("! x\n- a b. | b a.\n- c. | d."), per_set=100)
    assert pairs["label"].tolist().count(1) == 2 and pairs["label"].tolist().count(0) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a | b\n- c", "line 1: it needs one line with '!'"),
        ("\n\n! x\n- a | b\nc", "line 3: it needs one line with '!'"),
        ("! x\n- a | b", "two meanings"),
        ("! x\n- a\n- b", "in two wordings"),
        ("! x\n- a {k} | b\n- c", "differ: k"),
        ("! x\n@ k = u\n- a | b\n- c", "differ: k"),
        ("! x\n@ k, l = u\n- {k} | {l}\n- c", "the row 'u' has not one word for each of k, l"),
        ("! x\n@ k =\n- {k} | b\n- c", "no words for k"),
        ("! x\n- a | \n- c", "a wording is empty"),
    ],
)
def test_faults_are_named_with_their_place(written, text, message):
    with pytest.raises(StsError, match=re.escape(message)):
        written(text)


def test_no_set_can_be_filled_to_a_contrast():
    contrasts = pd.concat([stslib.load_contrasts(split) for split in ("train", "test", "fresh")])
    known = "\n".join([*contrasts["sentence1"], *contrasts["sentence2"]])
    for one in load_meanings():
        words = {name: "|".join(re.escape(row[name]) for row in rows) for rows in one.slots for name in rows[0]}
        for wording in chain.from_iterable(one.meanings):
            parts = SLOT.split(wording)  # text, slot, text, slot, …
            form = "".join(f"(?:{words[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
            found = re.search(f"^{form}$", known, flags=re.MULTILINE | re.IGNORECASE)
            assert not found, (one.phenomenon, wording, found)
