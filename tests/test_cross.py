import math

import numpy as np
import pytest
import torch

import stslib
from stslib import StsError
from stslib.cross import bert_of, cross_scores, load_cross, new_cross, save_cross, train_cross

FIRST = ["A man plays.", "It rains.", "A dog runs fast.", "She reads a long book."] * 4
SECOND = ["A man sings.", "The sun shines.", "A dog is running.", "Prices rose."] * 4
TARGETS = [0.0, 0.0, 1.0, 0.0] * 4


def test_score_by_hand(tiny):
    cross = new_cross(tiny)
    bert = bert_of(cross)
    inputs = cross.tokenizer(FIRST[0], SECOND[0], return_tensors="pt").to(bert.device)
    with torch.no_grad():
        vector = bert.bert(**inputs).last_hidden_state[:, 0]
        logit = bert.classifier(torch.tanh(bert.bert.pooler.dense(vector)))
    expected = 1 / (1 + math.exp(-logit.item()))
    assert cross_scores(cross, FIRST[:1], SECOND[:1])[0] == pytest.approx(expected, abs=5e-3)  # 16 bits


def test_training_learns_and_repeats(tiny):
    runs = []
    for _ in range(2):
        cross, epochs = new_cross(tiny), []
        losses = train_cross(
            cross, FIRST, SECOND, TARGETS, epochs=60, rate=3e-3, batch_size=8, after_epoch=epochs.append
        )
        runs.append((losses, cross_scores(cross, FIRST[:4], SECOND[:4])))
    assert len(losses) == 120 and epochs == list(range(1, 61))
    assert losses[0] == pytest.approx(math.log(2), abs=0.1) and losses[-1] < 0.4
    assert runs[0][1].argmax() == 2
    np.testing.assert_allclose(runs[0][0], runs[1][0])


def test_the_same_as_a_plain_loop(tiny):
    """One batch a step, no shuffling to speak of: our loop against the textbook one."""
    cross = new_cross(tiny)
    ours = train_cross(cross, FIRST[:1], SECOND[:1], [0.7], epochs=5, rate=1e-3)
    bert = bert_of(new_cross(tiny)).train()
    inputs = cross.tokenizer(FIRST[0], SECOND[0], return_tensors="pt").to(bert.device)
    optimizer = torch.optim.AdamW(bert.parameters())
    losses = []
    for rate in (1e-3, 8e-4, 6e-4, 4e-4, 2e-4):  # five steps: no room to warm up, down to 0
        optimizer.param_groups[0]["lr"] = rate
        logit = bert(**inputs).logits[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.tensor([0.7]).to(bert.device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(ours, losses, atol=5e-3)


def test_saved_and_loaded_without_pickle(tiny, tmp_path):
    cross = new_cross(tiny)
    save_cross(cross, tmp_path / "model")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert "model.safetensors" in names and not any(name.endswith((".bin", ".pt", ".pkl")) for name in names)
    again = load_cross(tmp_path / "model")
    np.testing.assert_allclose(cross_scores(cross, FIRST, SECOND), cross_scores(again, FIRST, SECOND), atol=1e-6)


def test_bad_input_ends_in_a_sentence(tiny, tmp_path):
    cross = new_cross(tiny)
    for targets, message in (([5.0] * 16, "divide scores by 5"), ([0.5], "not 1 for 16")):
        with pytest.raises(StsError, match=message):
            train_cross(cross, FIRST, SECOND, targets)
    with pytest.raises(StsError, match="one length"):
        cross_scores(cross, ["a"], [])
    with pytest.raises(StsError, match="holds no cross-encoder"):
        load_cross(tmp_path)
    assert cross_scores(cross, [], []).shape == (0,)


def test_training_that_breaks_down_says_so(tiny):
    with pytest.raises(StsError, match="smaller rate than 1e\\+30"):
        train_cross(new_cross(tiny), FIRST, SECOND, TARGETS, epochs=20, rate=1e30)


def test_a_plain_bert_is_no_cross_encoder(tiny):
    with pytest.raises(StsError, match="no head for pairs"):
        load_cross(tiny.bert)


def test_a_model_with_two_outputs_is_refused(tiny, tmp_path):
    from transformers import AutoModelForSequenceClassification

    AutoModelForSequenceClassification.from_pretrained(tiny.bert, num_labels=2).save_pretrained(tmp_path)
    stslib.load_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(StsError, match="2 outputs"):
        load_cross(tmp_path)


def test_only_a_bert_is_trained_but_others_score(tiny, tmp_path):
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    words = len(stslib.load_tokenizer())
    config = DistilBertConfig(vocab_size=words, dim=24, n_layers=1, n_heads=2, hidden_dim=48, num_labels=1)
    DistilBertForSequenceClassification(config).save_pretrained(tmp_path)
    stslib.load_tokenizer().save_pretrained(tmp_path)
    cross = load_cross(tmp_path)
    assert cross_scores(cross, FIRST, SECOND).shape == (16,)
    with pytest.raises(StsError, match="Only a BERT"):
        train_cross(cross, FIRST, SECOND, TARGETS)
