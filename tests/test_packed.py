import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from stslib.packed import (
    LENGTH_STEP,
    TOKENS_STEP,
    Tokens,
    mean_of_texts,
    pack,
    read_tokens,
    texts_at_once,
    token_vectors,
)

LENGTHS = [3, 40, 1, 17, 16, 2, 33, 5] * 5  # more texts than the attention reads together


@pytest.fixture(scope="module")
def bert():
    torch.manual_seed(0)
    return BertModel(
        BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)
    ).eval()


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(1)
    return [rng.integers(1, 50, length).tolist() for length in LENGTHS], [
        rng.integers(0, 2, length).tolist() for length in LENGTHS
    ]


def reference(bert, ids, segments):
    """Each text alone: no padding, no mask."""
    return [
        bert(torch.tensor([one]), token_type_ids=torch.tensor([two])).last_hidden_state[0]
        for one, two in zip(ids, segments, strict=True)
    ]


@pytest.mark.parametrize("learning", [False, True])
def test_equals_bert_on_each_text_alone(bert, texts, learning):
    packed = pack(*texts)
    with torch.set_grad_enabled(learning):
        vectors = token_vectors(bert, packed)
    expected = reference(bert, *texts)
    torch.testing.assert_close(vectors[packed.starts], torch.stack([one[0] for one in expected]), atol=1e-5, rtol=1e-5)
    means = torch.stack([one.mean(dim=0) for one in expected])
    torch.testing.assert_close(mean_of_texts(vectors, packed), means, atol=1e-5, rtol=1e-5)


def test_gradients_equal_those_of_bert(bert, texts):
    ids, segments = (side[:20] for side in texts)
    goal = torch.randn(20, 24, generator=torch.Generator().manual_seed(0))
    packed = pack(ids, segments)
    losses = [
        (mean_of_texts(token_vectors(bert, packed), packed) * goal).sum(),
        sum((one.mean(dim=0) * g).sum() for one, g in zip(reference(bert, ids, segments), goal, strict=True)),
    ]
    # the pooler stands beside the layers, and has no part in a mean
    weights = {name: one for name, one in bert.named_parameters() if "pooler" not in name}
    ours, theirs = (torch.autograd.grad(loss, list(weights.values())) for loss in losses)
    for name, one, two in zip(weights, ours, theirs, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4, msg=lambda text, name=name: f"{name}: {text}")


def test_dropout_falls_in_training_only(bert, texts):
    packed = pack(*texts)
    bert.train()
    torch.manual_seed(0)
    one, two = token_vectors(bert, packed), token_vectors(bert, packed)
    bert.eval()
    assert (one - two).abs().max() > 0.1
    torch.testing.assert_close(token_vectors(bert, packed), token_vectors(bert, packed))


def test_sizes_are_rounded_so_that_few_shapes_occur(texts):
    packed = pack(*texts)
    assert len(packed.ids) % TOKENS_STEP == 0 and len(packed.text_of) == sum(LENGTHS) <= len(packed.ids)
    assert all(group.length % LENGTH_STEP == 0 for group in packed.groups)
    assert sum(group.size for group in packed.groups) == len(LENGTHS)
    assert packed.lengths.tolist() == LENGTHS
    computed = sum(group.size * group.length for group in packed.groups)
    assert computed < 0.8 * len(LENGTHS) * max(LENGTHS)


def test_a_gpu_reads_as_many_texts_as_fit():
    assert texts_at_once("cpu", 8) == texts_at_once("cpu", 512) == 64
    assert [texts_at_once("cuda", longest) for longest in (8, 64, 128, 512)] == [1024, 1024, 512, 128]


@pytest.mark.parametrize("count", [3, 40])
def test_tokens_of_all_texts_are_made_part_by_part(texts, monkeypatch, count):
    monkeypatch.setattr("stslib.packed.WINDOW", 7)
    ids, segments = (side[:count] for side in texts)
    made = []

    def tokens_of(part):
        made.append(len(ids[part]))
        return Tokens(ids[part], segments=segments[part])

    assert read_tokens(count, tokens_of, progress=False) == Tokens(ids, segments=segments)
    assert sum(made) == count and max(made) <= 7
    assert read_tokens(count, lambda part: Tokens(ids[part]), progress=False) == Tokens(ids)
    halves = [1] * count
    assert read_tokens(count, lambda part: Tokens(ids[part], halves=halves[part]), progress=False).halves == halves
