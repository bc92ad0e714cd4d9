import numpy as np
import torch

import stslib


def test_bert_is_float32_in_evaluation_mode_and_gives_its_attention(tokenizer):
    bert = stslib.load_bert()
    assert not bert.training
    assert {parameter.dtype for parameter in bert.parameters()} == {torch.float32}
    with torch.no_grad():
        output = bert(**tokenizer("a cat", "a dog", return_tensors="pt"), output_attentions=True)
    assert output.last_hidden_state.shape == (1, 7, 384)
    assert len(output.attentions) == 6
    torch.testing.assert_close(output.attentions[0].sum(-1), torch.ones(1, 12, 7))


def test_encoder_is_the_mean_of_bert_s_vectors_at_length_one(encoder, tokenizer):
    bert = stslib.load_bert()
    text = "the cat ate the mouse"
    with torch.no_grad():
        mean = bert(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
    np.testing.assert_allclose(encoder.encode(text), (mean / mean.norm()).numpy(), atol=1e-5)


def test_encoder_is_loaded_once(encoder):
    assert stslib.load_encoder() is encoder


def test_loading_is_silent(capfd):
    stslib.load_bert()
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
