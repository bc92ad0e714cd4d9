"""BERT's two pretraining tasks: guess masked words, tell whether a sentence comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stslib.errors import StsError
from stslib.models import model_folder, quiet_loading
from stslib.profiles import Profile, profile
from stslib.randomness import SEED, seed_everything

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from transformers import BertForPreTraining, PreTrainedTokenizerBase

NOT_COUNTED = -100  # the label that PyTorch's cross-entropy leaves out
IS_NEXT, IS_RANDOM = 0, 1  # BERT's labels


def load_pretraining_bert(which: Profile | None = None, *, seed: int = SEED) -> BertForPreTraining:
    """Return the profile's BERT with both pretraining heads, in float32, without dropout, on the CPU.

    The course's BERT comes without heads, so that they start from random numbers; those of
    ``bert-base-uncased`` are its own. Dropout is off because on a few hundred texts it
    slows learning down more than it helps.

    Args:
        which: profile; default: the active one.
        seed: of random heads.
    """
    import torch
    from transformers import BertForPreTraining

    seed_everything(seed)
    with quiet_loading():
        return BertForPreTraining.from_pretrained(
            model_folder((which or profile()).bert),
            dtype=torch.float32,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )


def mask_tokens(
    ids: Tensor, tokenizer: PreTrainedTokenizerBase, generator: Generator | None = None, share: float = 0.15
) -> tuple[Tensor, Tensor]:
    """Hide some tokens for BERT to guess (Devlin et al. 2019, section 3.1 and appendix A.1).

    Of the chosen tokens 80 % become ``[MASK]``, 10 % a random token, and 10 % stay.

    Args:
        ids: token ids on the CPU, shape (texts, tokens).
        tokenizer: of the model; its special tokens, padding among them, are never chosen.
        generator: of the random numbers; default: torch's own.
        share: what part of the tokens is chosen.

    Returns:
        What BERT reads, and the labels: the true id where a token was chosen, elsewhere
        ``NOT_COUNTED``. Both have the shape of `ids`.
    """
    import torch

    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    chosen = (torch.rand(ids.shape, generator=generator) < share) & ~special
    labels = ids.masked_fill(~chosen, NOT_COUNTED)
    dice = torch.rand(ids.shape, generator=generator)
    random = torch.randint(len(tokenizer), ids.shape, generator=generator)
    read = torch.where(chosen & (dice < 0.8), tokenizer.mask_token_id, ids)
    read = torch.where(chosen & (dice >= 0.9), random, read)
    return read, labels


def next_sentence_pairs(
    stories: Sequence[Sequence[str]], *, sentences: int = 2, each: int = 5, seed: int = SEED
) -> list[tuple[str, str, int]]:
    """Return passages for next-sentence prediction (Devlin et al. 2019, section 3.1).

    Args:
        stories: at least two, each at least three sentences in their order.
        sentences: the longest part, in sentences.
        each: how many passages to make of a story.
        seed: of the choice.

    Returns:
        ``(A, B, label)``: B follows A in its story (`IS_NEXT`), or comes from another story
        (`IS_RANDOM`), with even chances.

    Raises:
        StsError: too few stories, or one too short.
    """
    if len(stories) < 2 or min(map(len, stories)) < 3:
        raise StsError("Next-sentence pairs need at least two stories, each of at least three sentences.")
    rng = np.random.default_rng(seed)
    pairs = []
    for number, story in enumerate(stories):
        cuts = np.concatenate([rng.permutation(np.arange(1, len(story) - 1)) for _ in range(each)])
        for cut in cuts[:each].tolist():  # every cut once before any comes again
            first, second, label = story[max(0, cut - sentences) : cut], story[cut : cut + sentences], IS_NEXT
            if rng.random() < 0.5:
                other = stories[(number + int(rng.integers(1, len(stories)))) % len(stories)]
                place = int(rng.integers(1, len(other) - 1))
                second, label = other[place : place + sentences], IS_RANDOM
            pairs.append((" ".join(first), " ".join(second), label))
    return pairs
