import copy
import random

import numpy as np
import pytest
from sentence_transformers.sentence_transformer.modules import Pooling

import stslib
from stslib import encoding
from stslib.encoding import FastEncoder, encode, mean_pooled_bert
from stslib.precision import fast_number_format


@pytest.fixture(scope="module")
def sentences():
    pairs = stslib.load_pairs("course", "dev")
    texts = [*pairs["sentence1"], *pairs["sentence2"]][:90]
    return [*texts, "", "a", "word " * 400, texts[0]]


def test_equals_the_library(encoder, sentences):
    expected = encoder.encode(sentences, normalize_embeddings=True)
    vectors = encode(encoder, sentences)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(np.einsum("ij,ij->i", encode(encoder, sentences, fast=True), expected), 1, atol=1e-3)


def test_the_encoder_is_left_as_it_was(encoder):
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    encode(encoder, ["a", "b"], fast=True)
    assert all((value == before[name]).all() for name, value in encoder.state_dict().items())


def test_each_text_once_whatever_the_encoder(stand_in):
    vectors = encode(stand_in, ["b", "a", "b"])
    assert stand_in.encoded == ["b", "a"] and (vectors[0] == vectors[2]).all()
    assert encode(stand_in, []).shape == (0, 32) == FastEncoder(stand_in)([]).shape


def test_more_than_mean_pooling_goes_through_the_library(encoder):
    assert mean_pooled_bert(encoder) is not None
    other = copy.deepcopy(encoder)
    other[1] = Pooling(384, pooling_mode="cls")
    assert mean_pooled_bert(other) is None
    np.testing.assert_allclose(
        encode(other, ["a cat", "a dog"]), other.encode(["a cat", "a dog"], normalize_embeddings=True), atol=1e-6
    )
    other = copy.deepcopy(encoder)
    other.prompts, other.default_prompt_name = {"q": "query: "}, "q"
    assert mean_pooled_bert(other) is None


def test_a_long_job_remembers_what_it_has_seen_and_forgets_the_oldest(stand_in, monkeypatch):
    monkeypatch.setattr(encoding, "REMEMBERED", 3)
    fast, rng = FastEncoder(stand_in), random.Random(0)
    fast(["a", "b", "a"])
    fast(["b", "c"])
    assert stand_in.encoded == ["a", "b", "c"]
    fast(["d"])
    fast(["b", "a"])  # a was the oldest
    assert stand_in.encoded == ["a", "b", "c", "d", "a"]
    for _ in range(20):
        texts = rng.choices("abcdefgh", k=5)
        np.testing.assert_array_equal(fast(texts), encode(stand_in, texts))


def test_16_bits_are_used_only_where_they_agree(encoder, monkeypatch):
    if fast_number_format("cpu") is None or encoder.device.type != "cpu":
        pytest.skip("This device has no fast 16-bit numbers.")
    asked = []

    def watched(encoder, texts, *, fast=False, progress=False):
        asked.append(fast)
        return encode(encoder, texts, fast=fast)

    monkeypatch.setattr(encoding, "encode", watched)
    FastEncoder(encoder)(["a cat", "a dog"])
    assert asked == [True, False, True]  # tried, compared, used
    monkeypatch.setattr(encoding, "ALIKE", 2.0)
    asked.clear()
    long_job = FastEncoder(encoder)
    long_job(["a cat", "a dog"])
    long_job(["a bird"])
    assert asked == [True, False, False, False]
    asked.clear()
    FastEncoder(encoder, precise=True)(["a cat"])
    assert asked == [False]
