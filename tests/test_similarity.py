import numpy as np
import pandas as pd
import pytest
from sentence_transformers.util import pairwise_cos_sim

import stslib
from stslib import StsError, label_pairs, pair_scores
from stslib.cross import new_cross
from stslib.similarity import too_long

ASKED = pd.DataFrame(
    {
        "line1": ["the cat ate the mouse", "the dog chased the cat", "the king ate the cake"],
        "line2": ["the mouse was eaten by the cat", "the alligator is fat", "the cake was ingested by the king"],
    }
)


def test_the_question_is_answered(encoder):
    labelled = label_pairs(ASKED)
    assert labelled["lbl"].tolist() == [1, 0, 1]
    assert labelled["lbl"].dtype == np.int64
    assert labelled["score"].round(2).tolist() == [0.94, 0.11, 0.88]


def test_scores_are_the_library_s_cosines(encoder):
    scores = pair_scores(ASKED["line1"].tolist(), ASKED["line2"].tolist())
    expected = pairwise_cos_sim(encoder.encode(ASKED["line1"].tolist()), encoder.encode(ASKED["line2"].tolist()))
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert stslib.similarity("a b", "a b") == pytest.approx(1.0, abs=1e-5)


def test_each_sentence_is_encoded_once(stand_in):
    pair_scores(["a", "b", "a"], ["b", "a", "a"], stand_in)
    assert sorted(stand_in.encoded) == ["a", "b"]


def test_no_pairs_and_unequal_lists(stand_in):
    assert pair_scores([], [], stand_in).shape == (0,)
    with pytest.raises(StsError, match="not 1 and 2 sentences"):
        pair_scores(["a"], ["b", "c"], stand_in)


def test_index_order_and_other_columns_are_kept(stand_in, border):
    table = pd.DataFrame(
        {"id": [7, 8, 9], "a": ["x", "y", "z"], "b": ["x", "q", "r"], "note": [1.5, None, 2.5]}, index=["k", "k", "m"]
    )
    before = table.copy()
    labelled = label_pairs(table, encoder=stand_in, threshold=border)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(labelled[before.columns], before)
    assert list(labelled.columns) == ["id", "a", "b", "note", "score", "lbl"]
    assert labelled["score"].iloc[0] == pytest.approx(1.0)


def test_empty_sentences(stand_in, border):
    table = pd.DataFrame({"a": ["x", "y", "z"], "b": ["x", None, "  "]}, index=[10, 20, 30])
    with pytest.raises(StsError, match=r"Row 2 \(index .*20.*\): 'b' is empty"):
        label_pairs(table, encoder=stand_in, threshold=border)
    labelled = label_pairs(table, encoder=stand_in, threshold=border, skip_invalid=True)
    assert labelled["lbl"].isna().tolist() == [False, True, True]
    assert labelled["score"].isna().tolist() == [False, True, True]
    assert labelled["lbl"].dtype == "Int64"


@pytest.mark.parametrize(
    ("columns", "wanted", "message"),
    [
        (["a", "b", "c"], None, "3 columns of text"),
        (["a"], None, "Found 1 column of text; the table has a"),
        (["a", "b"], ["a", "x"], "no column 'x': the table has a, b"),
        (["a", "b"], ["a", "a"], "two different columns"),
        (["a", "b", "lbl"], ["a", "b"], "already has a column 'lbl'"),
    ],
)
def test_columns(stand_in, border, columns, wanted, message):
    table = pd.DataFrame({name: ["text", "more text"] for name in columns})
    with pytest.raises(StsError, match=message):
        label_pairs(table, wanted, encoder=stand_in, threshold=border)


def test_named_columns_may_be_any_two(stand_in, border):
    table = pd.DataFrame({"a": ["x"], "b": ["y"], "c": ["x"]})
    assert label_pairs(table, ["a", "c"], encoder=stand_in, threshold=border)["score"].iloc[0] == pytest.approx(1.0)


def test_a_table_of_plain_rows_has_numbers_for_names(stand_in, border):
    labelled = label_pairs(pd.DataFrame([("x", "x"), ("y", "z")]), encoder=stand_in, threshold=border)
    assert labelled.columns.tolist() == [0, 1, "score", "lbl"]
    assert labelled["score"].iloc[0] == pytest.approx(1.0)
    twice = pd.DataFrame([("x", "y", "z")], columns=["a", "b", "a"])
    with pytest.raises(StsError, match="two columns named 'a'"):
        label_pairs(twice, encoder=stand_in, threshold=border)


def test_a_border_belongs_to_one_model(stand_in, border):
    with pytest.raises(StsError, match="An encoder of your own needs a border of its own"):
        label_pairs(ASKED, encoder=stand_in)
    with pytest.raises(StsError, match="fitted for stand-in, not for sentence-transformers/all-MiniLM-L6-v2"):
        label_pairs(ASKED, threshold=border)


def test_too_long_counts_tokens_not_letters(encoder):
    limit = encoder.max_seq_length - 2
    texts = ["short", "cat " * limit, "cat " * (limit + 1), "supercalifragilistic " * 20]
    for first, second in ((texts, ["x"] * 4), (["x"] * 4, texts)):
        assert too_long(first, second, encoder).tolist() == [False, False, True, False]


def test_a_character_may_be_several_tokens(encoder):
    korean = "\ud55c\uad6d "  # two syllables, six tokens
    assert too_long([korean * 43, korean * 42], ["x", "x"], encoder).tolist() == [True, False]


def test_a_model_that_reads_pairs_has_no_8_bits(tiny):
    cross = new_cross(tiny)
    with pytest.raises(StsError, match="computes with 16 or 32 bits, not 8"):
        pair_scores(["a"], ["b"], cross, bits=8)
    exact = pair_scores(["a cat"], ["a dog"], cross, bits=32)
    assert exact == pytest.approx(cross.predict([("a cat", "a dog")]), abs=1e-5)


def test_a_cross_encoder_reads_both_sentences_in_one_piece(tiny):
    cross = new_cross(tiny)
    half = "cat " * 254  # 512 tokens, less [CLS], [SEP], [SEP], is 509
    assert too_long([half, half, half + "cat cat"], [half, half + "cat", half], cross).tolist() == [False, False, True]
