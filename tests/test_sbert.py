import json

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.sentence_transformer.modules import Pooling

import stslib
from stslib import StsError
from stslib.models import load_sentence_transformer
from stslib.sbert import cosent_loss, cosine_loss, new_bi, save_bi, train_bi

FIRST = ["A man plays.", "It rains.", "A dog runs fast.", "She reads a long book about the sea."] * 4
SECOND = ["A man sings.", "The sun shines.", "A dog is running.", "Prices rose."] * 4
TARGETS = [0.2, 0.1, 0.9, 0.0] * 4


def test_by_hand_equals_the_packaged_encoder(encoder):
    texts = [FIRST[3], "", "a"]
    np.testing.assert_allclose(new_bi().encode(texts), encoder.encode(texts), atol=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(cosine_loss, losses.CosineSimilarityLoss), (cosent_loss, losses.CoSENTLoss)]
)
@pytest.mark.parametrize("targets", [TARGETS, [0.0, 1.0] * 8, [0.5] * 16])
def test_losses_equal_the_library_s(tiny, ours, theirs, targets):
    encoder, goal = new_bi(tiny).to("cpu").eval(), torch.tensor(targets)
    weights = encoder[0].auto_model.embeddings.word_embeddings.weight
    sides = [encoder.preprocess(texts) for texts in (FIRST, SECOND)]
    u, v = (encoder(dict(side))["sentence_embedding"] for side in sides)
    mine, reference = ours(u, v, goal), theirs(encoder)([dict(side) for side in sides], goal)
    torch.testing.assert_close(mine, reference)
    gradients = [torch.autograd.grad(loss, weights)[0] for loss in (mine, reference)]
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-3)


def test_training_moves_cosines_towards_the_targets(tiny):
    encoder = new_bi(tiny)
    seen = []
    losses = train_bi(
        encoder, FIRST, SECOND, TARGETS, loss=cosine_loss, epochs=30, rate=5e-3, batch_size=8, after_epoch=seen.append
    )
    assert len(losses) == 60 and losses[-1] < 0.3 * losses[0] and seen == list(range(1, 31))
    scores = stslib.pair_scores(FIRST[:4], SECOND[:4], encoder)
    assert scores[2] > scores[:2].max() and scores[2] > scores[3]


def test_the_first_loss_is_that_of_the_packaged_forward_pass(tiny):
    encoder = new_bi(tiny).to("cpu")
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    u, v = (encoder(encoder.preprocess(texts))["sentence_embedding"] for texts in (FIRST, SECOND))
    expected = float(cosent_loss(u, v, torch.tensor(TARGETS)).detach())
    assert train_bi(encoder, FIRST, SECOND, TARGETS, epochs=1, batch_size=16)[0] == pytest.approx(expected, rel=0.02)


def test_dropout_is_off_in_training_only(tiny):
    encoder = new_bi(tiny)
    before = [module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)]
    assert max(before) > 0
    during = []

    def look(epoch):
        during.extend(module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout))

    train_bi(encoder, FIRST, SECOND, TARGETS, epochs=1, after_epoch=look)
    assert set(during) == {0.0}
    assert [module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)] == before


def test_only_mean_pooling_is_trained(tiny):
    encoder = new_bi(tiny)
    encoder[1] = Pooling(24, pooling_mode="max")
    with pytest.raises(StsError, match="mean pooling"):
        train_bi(encoder, FIRST, SECOND, TARGETS)


def test_the_same_seed_gives_the_same_losses(tiny):
    runs = [train_bi(new_bi(tiny), FIRST, SECOND, TARGETS, epochs=1, batch_size=4, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_saved_with_names_that_old_versions_know_and_loaded_again(tiny, tmp_path):
    encoder = new_bi(tiny)
    save_bi(encoder, tmp_path / "m", card="# mine\n")
    modules = json.loads((tmp_path / "m" / "modules.json").read_text())
    assert [module["type"] for module in modules] == [
        f"sentence_transformers.models.{name}" for name in ("Transformer", "Pooling", "Normalize")
    ]
    assert not [path for path in (tmp_path / "m").rglob("*") if path.suffix in (".bin", ".pt", ".pkl")]
    assert (tmp_path / "m" / "README.md").read_text() == "# mine\n"
    again = load_sentence_transformer(tmp_path / "m")
    np.testing.assert_allclose(again.encode(FIRST[:4]), encoder.encode(FIRST[:4]), atol=1e-6)
    assert again.max_seq_length == encoder.max_seq_length == 256


def test_bad_input_ends_in_a_sentence(tiny, tmp_path):
    encoder = new_bi(tiny)
    for targets, message in (([5.0] * 16, "divide scores by 5"), ([0.5], "not 1 for 16")):
        with pytest.raises(StsError, match=message):
            train_bi(encoder, FIRST, SECOND, targets)
    with pytest.raises(StsError, match="one length"):
        train_bi(encoder, FIRST, SECOND[:3], TARGETS)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").write_text("x")
    with pytest.raises(StsError, match="not empty"):
        save_bi(encoder, tmp_path / "m")
