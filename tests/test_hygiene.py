import os

import pandas as pd
import pytest

from stslib import conflicting_duplicates, leak_free, load_pairs, overlap

TRAIN = pd.DataFrame(
    [("a cat", "a dog", 1.0), ("red", "blue", 2.0), ("Blue ", "red", 3.0), ("one", "two", 4.0), ("one", "two", 4.0)],
    columns=["sentence1", "sentence2", "score"],
)
TEST = pd.DataFrame(
    [("a dog", "A cat", 1.0), ("a cat", "a cow", 2.0), ("new", "newer", 3.0)],
    columns=["sentence1", "sentence2", "score"],
    index=[7, 8, 9],
)


def test_overlap_by_eye():
    found = overlap(TEST, TRAIN)
    assert (found.pairs, found.sharing, found.exact) == (3, 2, 1)
    assert found.share == pytest.approx(2 / 3)


def test_leak_free_keeps_the_rest_with_its_index():
    assert leak_free(TEST, TRAIN).index.tolist() == [9]
    assert leak_free(TEST, TRAIN, TEST[2:]).empty


def test_conflicting_duplicates_are_one_pair_with_two_scores():
    assert conflicting_duplicates(TRAIN).index.tolist() == [1, 2]
    assert conflicting_duplicates(TEST).empty


@pytest.mark.skipif("STS_DATA_DIR" not in os.environ, reason="the real STS-B is not at hand")
def test_what_no_tutorial_says_of_stsb():
    train, test = load_pairs("stsb", "train"), load_pairs("stsb", "test")
    found = overlap(test, train)
    assert (round(found.share, 3), found.exact) == (0.181, 12)
    conflicts = conflicting_duplicates(train)
    assert len({frozenset((a.strip().lower(), b.strip().lower())) for a, b in conflicts.values[:, :2]}) == 15
