import numpy as np
import pytest

from stslib.baselines import tfidf_scores, token_overlap, words


def test_words_without_case_and_punctuation():
    assert words("The king's cake, isn't it?") == ["the", "king's", "cake", "isn't", "it"]


def test_overlap_by_eye():
    np.testing.assert_allclose(token_overlap(["the cat ate", "a", "!"], ["The cat slept.", "b", "?"]), [0.5, 0, 0])


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        token_overlap(["a"], ["a", "b"])


def test_tfidf_weighs_rare_words_more_and_takes_its_weights_from_the_corpus():
    corpus = ["the cat", "the dog", "the alligator"]
    same, common, rare, unknown = tfidf_scores(
        ["the cat", "the cat", "the cat", "xyz"], ["the cat", "the dog", "a cat", "xyz"], corpus
    )
    assert same == pytest.approx(1) and unknown == 0
    assert common < rare < 1
