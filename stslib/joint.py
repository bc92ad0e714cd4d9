"""Both sentences read together by a trained sentence encoder: a cross-encoder that starts as a bi-encoder.

A cross-encoder whose head is new has to learn the comparison of two sentences from nothing, and a few
thousand pairs are few for that. This one starts with all that a sentence encoder knows: each sentence
keeps its own ``[CLS]``, its own positions and its own mean, and the score is the cosine of the two
means. New is that in every layer a token may look at the other sentence, too, at first with much
less weight than at its own (`stslib.packed.DISTANCE`); training decides what that is good for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.encoding import mean_pooled_bert
from stslib.errors import StsError
from stslib.loop import checked_targets, descend, random_batches, without_dropout
from stslib.models import device, quiet_loading
from stslib.packed import Packed, Tokens, mean_of_texts, read_all, token_vectors
from stslib.precision import mixed_precision
from stslib.randomness import SEED
from stslib.saving import add_border_and_card, whole_folder
from stslib.sbert import new_bi, pearson_of_cosines

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from transformers import BertModel, PreTrainedTokenizerBase

    from stslib.threshold import Threshold

RATE = 5e-5
EPOCHS = 2
BATCH_SIZE = 32
MARK = "sts_reads_both_sentences"  # in config.json


@dataclass
class JointEncoder:
    """A BERT that reads two sentences together.

    Attributes:
        bert: its weights.
        tokenizer: its tokenizer.
        max_seq_length: the most tokens of each sentence that are read.
    """

    bert: BertModel
    tokenizer: PreTrainedTokenizerBase
    max_seq_length: int

    def predict(self, pairs: Sequence[tuple[str, str]], *, progress: bool = False) -> NDArray[np.float64]:
        """Return the score of each pair, a cosine from -1 to 1, shape (n,)."""
        if not pairs:
            return np.empty(0)
        self.bert.eval()  # no dropout
        with mixed_precision(self.bert.device.type):
            scores = read_all(
                len(pairs),
                lambda part: _read(self, [first for first, _ in pairs[part]], [second for _, second in pairs[part]]),
                lambda packed: _cosines(self.bert, packed),
                self.bert.device,
                what="score",
                progress=progress,
            )
        return scores.astype(float)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights."""
        return self.bert.state_dict()

    def load_state_dict(self, weights: dict[str, Tensor]) -> None:
        """Take over weights."""
        self.bert.load_state_dict(weights)


def new_joint(start: SentenceTransformer | None = None) -> JointEncoder:
    """Return a joint encoder with the weights of a sentence encoder, on the best device.

    Args:
        start: a BERT with mean pooling, which serves as the joint encoder from now on;
            default: a new one from the active profile's BERT.

    Raises:
        StsError: another kind of encoder.
    """
    encoder = start or new_bi()
    bert = mean_pooled_bert(encoder)
    if bert is None:
        raise StsError("Only a BERT with mean pooling can become a joint encoder: train one with `stslib train bi`.")
    return JointEncoder(bert, encoder.tokenizer, int(encoder.max_seq_length or bert.config.max_position_embeddings))


def train_joint(
    joint: JointEncoder,
    first: Sequence[str],
    second: Sequence[str],
    targets: ArrayLike,
    *,
    epochs: int = EPOCHS,
    rate: float = RATE,
    batch_size: int = BATCH_SIZE,
    seed: int = SEED,
    after_epoch: Callable[[int], object] | None = None,
    progress: bool = False,
) -> list[float]:
    """Train a joint encoder in place with `stslib.sbert.pearson_loss`, and return the loss of every step.

    For the arguments and errors see `stslib.sbert.train_bi`.
    """
    goal = checked_targets(first, second, targets)
    tokens = _read(joint, first, second)
    plan = random_batches(len(first), batch_size, epochs, seed)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        cosines = _cosines(joint.bert, tokens.pack(batch, joint.bert.device))
        return pearson_of_cosines(cosines, goal[batch].to(cosines.device))

    with without_dropout(joint.bert):
        return descend(joint.bert, plan, loss_of, rate=rate, after_epoch=after_epoch, progress=progress)


def save_joint(
    joint: JointEncoder, out: str | Path, *, border: Threshold | None = None, card: str = "", force: bool = False
) -> Path:
    """Save a joint encoder as a folder with safetensors weights, whole or not at all, and return the folder.

    For the arguments and errors see `stslib.sbert.save_bi`.
    """
    with whole_folder(out, force=force) as draft, quiet_loading():
        joint.bert.config.update({MARK: True, "max_tokens": joint.max_seq_length})
        joint.bert.save_pretrained(draft)
        joint.tokenizer.save_pretrained(draft)
        add_border_and_card(draft, border, card)
    return Path(out)


def load_joint(folder: str | Path) -> JointEncoder:
    """Return a joint encoder that `save_joint` wrote, on the best device."""
    import torch
    from transformers import AutoTokenizer, BertModel

    with quiet_loading():
        bert: Any = BertModel.from_pretrained(folder, dtype=torch.float32)
        return JointEncoder(bert.to(device()), AutoTokenizer.from_pretrained(folder), bert.config.max_tokens)


def _read(joint: JointEncoder, first: Sequence[str], second: Sequence[str]) -> Tokens:
    """Return the tokens of each pair, each sentence cut where too long."""
    options: Any = {"truncation": True, "max_length": joint.max_seq_length, "return_attention_mask": False}
    one, two = (joint.tokenizer(list(side), **options)["input_ids"] for side in (first, second))
    return Tokens([a + b for a, b in zip(one, two, strict=True)], halves=list(map(len, one)))


def _cosines(bert: BertModel, packed: Packed) -> Tensor:
    """Return the cosine of each pair's two means, shape (pairs,)."""
    from torch.nn.functional import normalize

    means = normalize(mean_of_texts(token_vectors(bert, packed), packed), dim=1)
    return (means[::2] * means[1::2]).sum(dim=1)
