import numpy as np
import pytest
import torch

import stslib
from stslib import StsError
from stslib.models import model_folder
from stslib.pooling import POOLINGS, layer_vectors, pool

SENTENCES = ["the cat ate the mouse", "no", "the mouse was eaten by the cat in the dark of the night"]


@pytest.fixture(scope="module")
def bert():
    return stslib.load_bert()


def test_by_eye():
    vectors = torch.tensor([[[1.0, -2.0], [3.0, -4.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0]])
    assert pool(vectors, mask, "cls").tolist() == [[1, -2]]
    assert pool(vectors, mask, "mean").tolist() == [[2, -3]]
    assert pool(vectors, mask, "max").tolist() == [[3, -2]]


@pytest.mark.parametrize("how", POOLINGS)
def test_equal_to_sentence_transformers(bert, tokenizer, how):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformer = Transformer(str(model_folder(stslib.profile().bert)))
    reference = SentenceTransformer(modules=[transformer, Pooling(384, pooling_mode=how)], device="cpu")
    ours = layer_vectors(bert, tokenizer, SENTENCES, how)[-1]
    np.testing.assert_allclose(ours, reference.encode(SENTENCES), atol=1e-5)


def test_batch_size_changes_nothing_but_rounding(bert, tokenizer):
    one, many = (layer_vectors(bert, tokenizer, SENTENCES, batch_size=size) for size in (1, 3))
    assert one.shape == (7, 3, 384)
    np.testing.assert_allclose(one, many, atol=1e-5)


def test_no_texts_and_no_such_pooling(bert, tokenizer):
    with pytest.raises(StsError, match="no texts"):
        layer_vectors(bert, tokenizer, [])
    with pytest.raises(StsError, match="choose cls, mean, max"):
        layer_vectors(bert, tokenizer, SENTENCES, "sum")
