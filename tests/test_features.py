import numpy as np
import pytest
import torch

import stslib
from stslib import StsError
from stslib.features import cls_features, pair_features


def test_pair_features_by_eye():
    assert pair_features([[1, 2]], [[3, -1]]).tolist() == [[1, 2, 3, -1, 2, 3, 3, -2]]
    with pytest.raises(StsError, match="one shape"):
        pair_features([[1, 2]], [[1, 2], [3, 4]])


def test_cls_features_are_the_first_vector_of_each_pair(tokenizer):
    bert = stslib.load_bert()
    first, second = ["the cat ate", "no"], ["the mouse was eaten by the cat", "yes"]
    ours = cls_features(bert, tokenizer, first, second)
    for i in range(2):
        with torch.no_grad():
            alone = bert(**tokenizer(first[i], second[i], return_tensors="pt")).last_hidden_state[0, 0]
        np.testing.assert_allclose(ours[i], alone, atol=1e-5)
    with pytest.raises(StsError, match="1 and 2"):
        cls_features(bert, tokenizer, ["a"], ["a", "b"])
