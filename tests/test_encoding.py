import copy
import random

import numpy as np
import pytest
from sentence_transformers.sentence_transformer.modules import Pooling

import stslib
from stslib import StsError, encoding
from stslib.encoding import LongJob, bits_for, encode, mean_pooled_bert
from stslib.precision import fast_number_format, has_fast_int8


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


def test_the_encoder_is_left_as_it_was(encoder):
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    encode(encoder, ["a", "b"], bits=16)
    encode(encoder, ["a", "b"], bits=8)
    assert all((value == before[name]).all() for name, value in encoder.state_dict().items())


def test_each_text_once_whatever_the_encoder(stand_in):
    vectors = encode(stand_in, ["b", "a", "b"])
    assert stand_in.encoded == ["b", "a"] and (vectors[0] == vectors[2]).all()
    assert encode(stand_in, []).shape == (0, 32) == LongJob(stand_in)([]).shape


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
    job, rng = LongJob(stand_in), random.Random(0)
    job(["a", "b", "a"])
    job(["b", "c"])
    assert stand_in.encoded == ["a", "b", "c"]
    job(["d"])
    job(["b", "a"])  # a was the oldest
    assert stand_in.encoded == ["a", "b", "c", "d", "a"]
    for _ in range(20):
        texts = rng.choices("abcdefgh", k=5)
        np.testing.assert_array_equal(job(texts), encode(stand_in, texts))


@pytest.mark.parametrize("bits", [16, 8])
def test_fewer_bits_are_used_where_they_are_fast_and_nearly_right(encoder, sentences, monkeypatch, bits):
    possible = encoder.device.type == "cpu" and (fast_number_format("cpu") if bits == 16 else has_fast_int8())
    if not possible:
        pytest.skip(f"This device is not fast with {bits} bits.")
    job = LongJob(encoder, bits=bits)
    exact = encode(encoder, sentences)
    np.testing.assert_allclose(np.einsum("ij,ij->i", job(sentences), exact), 1, atol={16: 1e-3, 8: 0.05}[bits])
    assert job.bits == bits and not np.array_equal(job(sentences), exact)
    monkeypatch.setitem(encoding.ALIKE, bits, 2.0)  # as if the vectors were wrong
    job = LongJob(encoder, bits=bits)
    job(sentences[:3])
    assert job.bits == (32 if bits == 16 or fast_number_format("cpu") is None else 16)


def test_a_slow_device_keeps_32_bits(encoder, sentences, monkeypatch):
    monkeypatch.setattr("stslib.reduced.fast_number_format", lambda place: None)
    monkeypatch.setattr("stslib.reduced.has_fast_int8", lambda: False)
    job = LongJob(encoder, bits=8)
    np.testing.assert_array_equal(job(sentences), encode(encoder, sentences))
    assert job.bits == 32


def test_other_numbers_of_bits_are_an_error(stand_in):
    with pytest.raises(StsError, match="32, 16 or 8 bits here, not 4"):
        LongJob(stand_in, bits=4)
    with pytest.raises(StsError, match="not 4"):
        bits_for(10, 4)


def test_small_tables_are_exact_and_large_ones_quick():
    assert [bits_for(rows) for rows in (1, 9_999, 10_000)] == [32, 32, 16]
