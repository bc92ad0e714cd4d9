import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.modules import Pooling

import stslib
from stslib import StsError, packed
from stslib.joint import JointEncoder, load_joint, new_joint, save_joint, train_joint
from stslib.saved import load_saved, load_saved_encoder
from stslib.sbert import new_bi

FIRST = ["A man plays.", "It rains.", "A dog runs fast.", "She reads a long book about the sea."] * 4
SECOND = ["A man sings.", "The sun shines.", "A dog is running.", "Prices rose."] * 4
TARGETS = [0.2, 0.1, 0.9, 0.0] * 4


def test_from_very_far_away_it_is_the_sentence_encoder(encoder, monkeypatch):
    monkeypatch.setattr(packed, "DISTANCE", 1e4)
    bi = new_bi()
    expected = stslib.pair_scores(FIRST[:4], SECOND[:4], bi)
    np.testing.assert_allclose(stslib.pair_scores(FIRST[:4], SECOND[:4], new_joint(bi)), expected, atol=0.01)
    monkeypatch.setattr(packed, "DISTANCE", 0.0)
    assert np.abs(stslib.pair_scores(FIRST[:4], SECOND[:4], new_joint(bi)) - expected).max() > 0.05


def test_order_and_company_do_not_matter():
    joint = new_joint()
    one = joint.predict(list(zip(FIRST[:4], SECOND[:4], strict=True)))
    np.testing.assert_allclose(joint.predict(list(zip(SECOND[:4], FIRST[:4], strict=True))), one, atol=0.01)
    alone = np.concatenate([joint.predict([pair]) for pair in zip(FIRST[:4], SECOND[:4], strict=True)])
    np.testing.assert_allclose(alone, one, atol=0.01)
    assert joint.predict([]).shape == (0,)


def test_training_moves_scores_towards_the_targets(tiny):
    joint = new_joint(new_bi(tiny))
    losses = train_joint(joint, FIRST, SECOND, TARGETS, epochs=30, rate=3e-3, batch_size=8)
    assert len(losses) == 60 and losses[-1] < losses[0]
    scores = stslib.pair_scores(FIRST[:4], SECOND[:4], joint)
    assert scores[2] > scores[:2].max() and scores[2] > scores[3]


def test_the_head_reads_the_pair(tiny):
    """By hand, from the packaged forward pass, with the two sentences too far apart to see each other."""
    joint = new_joint(new_bi(tiny), labels=True, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "DISTANCE", 1e4)
        scores = joint.predict(list(zip(FIRST[:4], SECOND[:4], strict=True)))
    sides = []
    for text in (FIRST[0], SECOND[0]):
        inputs = joint.tokenizer(text, return_tensors="pt").to(joint.bert.device)
        sides.append(joint.bert(**inputs).last_hidden_state[0])
    (u, v), cls = (side.mean(dim=0) for side in sides), (sides[0][0] + sides[1][0]) / 2
    expected = joint.head(torch.cat([cls, u + v, (u - v).abs(), u * v])).sigmoid()
    assert scores[0] == pytest.approx(float(expected.detach()), abs=0.01)
    again = new_joint(new_bi(tiny), labels=True, seed=1)
    assert all(torch.equal(one, two) for one, two in zip(joint.head.parameters(), again.head.parameters(), strict=True))


def test_a_head_learns_who_did_what(tiny):
    """Both pairs have the same words and nearly the same means: a cosine is of little use."""
    first = ["The dog bit the man.", "The man bit the dog."] * 8
    second = ["The man was bitten by the dog."] * 16
    labels = [1.0, 0.0] * 8
    joint = new_joint(new_bi(tiny), labels=True)
    losses = train_joint(joint, first, second, labels, epochs=60, rate=3e-3, batch_size=8)
    assert losses[0] == pytest.approx(0.69, abs=0.15) and losses[-1] < 0.1
    scores = joint.predict(list(zip(first, second, strict=True)))
    assert scores.min() >= 0 and scores.max() <= 1 and ((scores > 0.5) == np.array(labels)).all()


@pytest.mark.parametrize("labels", [False, True])
def test_saved_and_loaded_again(tiny, tmp_path, labels):
    joint = new_joint(new_bi(tiny), labels=labels)
    save_joint(joint, tmp_path / "m", card="# mine\n")
    again = load_saved(tmp_path / "m")
    assert isinstance(again, JointEncoder) and again.max_seq_length == joint.max_seq_length == 256
    pairs = list(zip(FIRST, SECOND, strict=True))
    np.testing.assert_allclose(again.predict(pairs), joint.predict(pairs), atol=1e-6)
    assert all((one == two).all() for one, two in zip(
        load_joint(tmp_path / "m").state_dict().values(), joint.state_dict().values(), strict=True))  # fmt: skip
    with pytest.raises(StsError, match="reads pairs"):
        load_saved_encoder(tmp_path / "m")
    if labels:
        (tmp_path / "m" / "head.safetensors").unlink()
        with pytest.raises(StsError, match="has lost its head"):
            load_saved(tmp_path / "m")


def test_another_encoder_is_an_error(tiny):
    encoder = new_bi(tiny)
    encoder[1] = Pooling(24, pooling_mode="cls")
    with pytest.raises(StsError, match="mean pooling"):
        new_joint(encoder)


def test_on_the_command_line_from_a_sentence_encoder(python, hub_cache, tmp_path):
    """The whole road: a sentence encoder, then the joint encoder from it, measured and used."""
    rows = "".join(f'"{a}","{b}",{5 * t}\n' for a, b, t in zip(FIRST, SECOND, TARGETS, strict=True))
    (tmp_path / "pairs.csv").write_text("sentence1,sentence2,score\n" + rows)
    (tmp_path / "table.csv").write_text("line1,line2\nA man plays.,A man sings.\n")
    full = {"STS_PROFILE": "full", "HF_HUB_CACHE": str(hub_cache), "HF_HUB_OFFLINE": "1"}

    def stslib_(*words):
        done = python(["-m", "stslib", *words], **full)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    stslib_("train", "bi", "pairs.csv", "--out", "bi", "--epochs", "1")
    said = stslib_("train", "joint", "pairs.csv", "--dev", "pairs.csv", "--start", "bi", "--out", "joint")
    assert "joint: a joint encoder, trained on 16 pairs." in said
    assert '"spearman"' in stslib_("evaluate", "joint", "--data", "pairs.csv")
    assert "1 rows" in stslib_("label", "table.csv", "--out", "out.csv", "--model", "joint")
    done = python(["-m", "stslib", "train", "joint", "pairs.csv", "--start", "joint", "--out", "x"], **full)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "reads pairs" in done.stderr


def test_gradients_reach_every_layer(tiny):
    joint = new_joint(new_bi(tiny))
    before = {name: value.clone() for name, value in joint.state_dict().items()}
    train_joint(joint, FIRST, SECOND, TARGETS, epochs=1, batch_size=8)
    changed = {name for name, value in joint.state_dict().items() if not torch.equal(value, before[name])}
    assert {name for name in before if "attention.self.query.weight" in name} <= changed
