import numpy as np
import pandas as pd
import pytest

import stslib
from stslib import StsError

FIRST, SECOND = "the cat ate the mouse", "the mouse was eaten by the cat"


def test_input_table_is_the_layout_of_the_paper(tokenizer):
    table = stslib.input_table(tokenizer, FIRST, SECOND)
    assert list(table.columns) == ["position", "token", "id", "segment", "attention"]
    assert table["token"].tolist() == ["[CLS]", *FIRST.split(), "[SEP]", *SECOND.split(), "[SEP]"]
    assert table["id"].tolist()[:3] == [101, 1996, 4937]
    assert table["segment"].tolist() == [0] * 7 + [1] * 8
    assert table["attention"].eq(1).all()


def test_a_single_sentence_has_one_segment(tokenizer):
    table = stslib.input_table(tokenizer, FIRST)
    assert table["token"].tolist() == ["[CLS]", *FIRST.split(), "[SEP]"]
    assert table["segment"].eq(0).all()


def test_special_tokens(tokenizer):
    table = stslib.special_tokens(tokenizer).set_index("token")["id"]
    assert table.to_dict() == {"[CLS]": 101, "[SEP]": 102, "[MASK]": 103, "[PAD]": 0, "[UNK]": 100}


def test_truncation_counts_what_each_sentence_lost(tokenizer):
    cut = stslib.truncation(tokenizer, FIRST, SECOND, max_length=12)
    assert (cut.limit, cut.total, cut.lost) == (12, (5, 7), (1, 2))
    assert str(cut) == "Cut to 12 tokens: sentence 1 lost 1 of its 5 tokens, sentence 2 lost 2 of its 7 tokens."
    assert len(stslib.input_table(tokenizer, FIRST, SECOND, max_length=12)) == 12


def test_truncation_of_a_text_beyond_the_model(tokenizer, capfd):
    cut = stslib.truncation(tokenizer, "word " * 600)
    assert (cut.limit, cut.total, cut.lost) == (512, (600,), (90,))
    assert capfd.readouterr().err == ""


def test_nothing_cut(tokenizer):
    assert str(stslib.truncation(tokenizer, FIRST, SECOND)) == "Nothing was cut off (limit: 512 tokens)."


@pytest.mark.parametrize("limit", [1, 3])
def test_no_room_for_text(tokenizer, limit):
    with pytest.raises(StsError, match=f"max_length {limit} leaves no room for text: 3 tokens are special"):
        stslib.input_table(tokenizer, FIRST, SECOND, max_length=limit)


def test_batch_table_pads_to_the_longest(tokenizer):
    batch = stslib.batch_table(tokenizer, [("a", "b"), (FIRST, SECOND)])
    assert batch.shape == (2, 15)
    assert batch.iloc[0].tolist() == ["[CLS]", "a", "[SEP]", "b", "[SEP]"] + ["[PAD]"] * 10
    with pytest.raises(StsError, match="at least one pair"):
        stslib.batch_table(tokenizer, [])


def test_token_counts_agree_with_the_tokenizer(tokenizer):
    texts = pd.concat([stslib.load_pairs(split="dev")[name] for name in ("sentence1", "sentence2")]).tolist()
    expected = [len(tokenizer.tokenize(text)) for text in texts]
    np.testing.assert_array_equal(stslib.token_counts(tokenizer, texts), expected)
    assert stslib.token_counts(tokenizer, []) == []
