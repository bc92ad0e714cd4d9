import math

import pytest
import torch

import stslib
from stslib import StsError
from stslib.pretraining import load_pretraining_bert, mask_tokens, next_sentence_pairs

STORIES = [[f"story {s} sentence {i}" for i in range(6)] for s in range(20)]


@pytest.fixture(scope="module")
def masked(tokenizer):
    texts = [" ".join(story) for story in stslib.load_stories()]
    ids = tokenizer(texts, padding=True, return_tensors="pt").input_ids
    return ids, *mask_tokens(ids, tokenizer, torch.Generator().manual_seed(0))


def test_special_tokens_are_never_chosen_and_others_never_changed(masked, tokenizer):
    ids, read, labels = masked
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    assert (labels[special] == -100).all()
    kept = labels == -100
    assert torch.equal(read[kept], ids[kept]) and torch.equal(labels[~kept], ids[~kept])


def test_shares_are_those_of_the_paper(masked, tokenizer):
    ids, read, labels = masked
    words = ~torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    chosen = labels != -100
    assert chosen.sum() / words.sum() == pytest.approx(0.15, abs=0.01)
    assert (read[chosen] == tokenizer.mask_token_id).float().mean() == pytest.approx(0.8, abs=0.02)
    assert (read[chosen] == ids[chosen]).float().mean() == pytest.approx(0.1, abs=0.02)


def test_next_sentence_pairs():
    pairs = next_sentence_pairs(STORIES, each=4)
    assert len(pairs) == 80 and pairs == next_sentence_pairs(STORIES, each=4)
    for first, second, label in pairs:
        same_story = first.split()[1] == second.split()[1]
        assert same_story == (label == 0)
        if same_story:
            assert int(second.split()[3]) == int(first.split()[-1]) + 1
    assert 0.3 < sum(label for *_, label in pairs) / 80 < 0.7


def test_every_cut_comes_once_before_any_comes_again():
    follows = [(a, b) for a, b, label in next_sentence_pairs(STORIES, each=4, seed=3) if label == 0]
    assert len(set(follows)) == len(follows)


@pytest.mark.parametrize("stories", [[["a", "b", "c"]], [["a", "b", "c"], ["a", "b"]]])
def test_too_little_to_make_pairs_of(stories):
    with pytest.raises(StsError, match="at least two stories"):
        next_sentence_pairs(stories)


def test_fresh_heads_know_nothing_and_repeat(tokenizer):
    inputs = tokenizer(" ".join(stslib.load_stories()[0]), return_tensors="pt")
    with torch.no_grad():
        first, again = (load_pretraining_bert()(**inputs).prediction_logits for _ in range(2))
    assert torch.equal(first, again)
    loss = torch.nn.functional.cross_entropy(first[0], inputs.input_ids[0])
    assert loss.item() == pytest.approx(math.log(30522), abs=2.5)
