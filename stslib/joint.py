"""Both sentences read together by a trained sentence encoder: a cross-encoder that starts as a bi-encoder.

A cross-encoder whose head is new has to learn the comparison of two sentences from nothing, and a few
thousand pairs are few for that. This one starts with all that a sentence encoder knows: each sentence
keeps its own ``[CLS]``, its own positions and its own mean, and the score is the cosine of the two
means. New is that in every layer a token may look at the other sentence, too, at first with much
less weight than at its own (`stslib.packed.DISTANCE`); training decides what that is good for.

To learn labels it gets a head: a cosine of means hardly sees who did what to whom, while a head also
reads what the two ``[CLS]`` have gathered, and where the means differ.
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
from stslib.packed import Packed, Tokens, mean_of_texts, read_all, read_tokens, token_vectors
from stslib.precision import mixed_precision
from stslib.randomness import SEED, seed_everything
from stslib.saving import HEAD_FILE, add_border_and_card, whole_folder
from stslib.sbert import cosent_of_cosines, new_bi

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor, nn
    from transformers import BertModel, PreTrainedTokenizerBase

    from stslib.threshold import Threshold

RATE = 5e-5
EPOCHS = 2
BATCH_SIZE = 32
MARK = "sts_reads_both_sentences"  # in config.json
HEAD_MARK = "sts_has_a_head_for_labels"  # likewise


@dataclass
class JointEncoder:
    """A BERT that reads two sentences together.

    Attributes:
        bert: its weights.
        tokenizer: its tokenizer.
        max_seq_length: the most tokens of each sentence that are read.
        head: for labels: from `_features` to one number; None: the score is the cosine.
    """

    bert: BertModel
    tokenizer: PreTrainedTokenizerBase
    max_seq_length: int
    head: nn.Sequential | None = None

    def predict(
        self, pairs: Sequence[tuple[str, str]], *, bits: int = 16, progress: bool = False
    ) -> NDArray[np.float64]:
        """Return the score of each pair, shape (n,): a cosine, or with a head how likely label 1 is, from 0 to 1.

        Args:
            pairs: n pairs of sentences.
            bits: of the numbers to compute with: 16 where that is fast, or 32.
            progress: show a bar.
        """
        if not pairs:
            return np.empty(0)
        self.bert.eval()  # no dropout
        with mixed_precision(self.bert.device.type, bits):
            scores = read_all(
                len(pairs),
                lambda part: _read(self, [first for first, _ in pairs[part]], [second for _, second in pairs[part]]),
                lambda packed: _cosines(self.bert, packed) if self.head is None else _logits(self, packed).sigmoid(),
                self.bert.device,
                what="score",
                progress=progress,
            )
        return scores.astype(float)

    @property
    def layers(self) -> nn.ModuleDict:
        """All that is trained."""
        from torch import nn

        return nn.ModuleDict({"bert": self.bert} if self.head is None else {"bert": self.bert, "head": self.head})

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights."""
        return self.layers.state_dict()

    def load_state_dict(self, weights: dict[str, Tensor]) -> None:
        """Take over weights."""
        self.layers.load_state_dict(weights)


def new_joint(start: SentenceTransformer | None = None, *, labels: bool = False, seed: int = SEED) -> JointEncoder:
    """Return a joint encoder with the weights of a sentence encoder, on the best device.

    Args:
        start: a BERT with mean pooling, which serves as the joint encoder from now on;
            default: a new one from the active profile's BERT.
        labels: add a head for labels.
        seed: of the head's random numbers.

    Raises:
        StsError: another kind of encoder.
    """
    encoder = start or new_bi()
    bert = mean_pooled_bert(encoder)
    if bert is None:
        raise StsError("Only a BERT with mean pooling can become a joint encoder: train one with `stslib train bi`.")
    head = None
    if labels:
        seed_everything(seed)
        head = _new_head(bert.config.hidden_size).to(bert.device)
    limit = int(encoder.max_seq_length or bert.config.max_position_embeddings)
    return JointEncoder(bert, encoder.tokenizer, limit, head)


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
    """Train a joint encoder in place, and return the loss of every step.

    The loss is CoSENT, and with a head binary cross-entropy.

    For the arguments and errors see `stslib.sbert.train_bi`.
    """
    from torch.nn.functional import binary_cross_entropy_with_logits

    goal = checked_targets(first, second, targets)
    tokens = read_tokens(len(first), lambda part: _read(joint, first[part], second[part]), progress=progress)
    plan = random_batches(len(first), batch_size, epochs, seed)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        packed, wanted = tokens.pack(batch, joint.bert.device), goal[batch].to(joint.bert.device)
        if joint.head is None:
            return cosent_of_cosines(_cosines(joint.bert, packed), wanted)
        return binary_cross_entropy_with_logits(_logits(joint, packed), wanted)

    with without_dropout(joint.bert):
        return descend(joint.layers, plan, loss_of, rate=rate, after_epoch=after_epoch, progress=progress)


def save_joint(
    joint: JointEncoder, out: str | Path, *, border: Threshold | None = None, card: str = "", force: bool = False
) -> Path:
    """Save a joint encoder as a folder with safetensors weights, whole or not at all, and return the folder.

    For the arguments and errors see `stslib.sbert.save_bi`.
    """
    from safetensors.torch import save_file

    with whole_folder(out, force=force) as draft, quiet_loading():
        joint.bert.config.update({MARK: True, HEAD_MARK: joint.head is not None, "max_tokens": joint.max_seq_length})
        joint.bert.save_pretrained(draft)
        joint.tokenizer.save_pretrained(draft)
        if joint.head is not None:
            save_file(joint.head.state_dict(), draft / HEAD_FILE)
        add_border_and_card(draft, border, card)
    return Path(out)


def load_joint(folder: str | Path) -> JointEncoder:
    """Return a joint encoder that `save_joint` wrote, on the best device.

    Raises:
        StsError: its head is missing.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertModel

    with quiet_loading():
        bert: Any = BertModel.from_pretrained(folder, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    head = None
    if getattr(bert.config, HEAD_MARK, False):
        if not (Path(folder) / HEAD_FILE).is_file():
            raise StsError(f"The model in {folder} has lost its {HEAD_FILE}: copy the folder again, or train anew.")
        head = _new_head(bert.config.hidden_size)
        head.load_state_dict(load_file(Path(folder) / HEAD_FILE))
        head.to(device())
    return JointEncoder(bert.to(device()), tokenizer, bert.config.max_tokens, head)


def _new_head(width: int) -> nn.Sequential:
    from torch import nn

    return nn.Sequential(nn.Linear(4 * width, width), nn.Tanh(), nn.Linear(width, 1))


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


def _logits(joint: JointEncoder, packed: Packed) -> Tensor:
    """Return what the head says of each pair, shape (pairs,): above 0 for label 1."""
    assert joint.head is not None
    return joint.head(_features(joint.bert, packed)).float().squeeze(1)


def _features(bert: BertModel, packed: Packed) -> Tensor:
    """Return what the head reads of each pair, shape (pairs, 4 · width); the order of its sentences plays no part.

    The mean of the two ``[CLS]``, and of the two means u and v: u + v, |u − v| and u · v, place by place.
    """
    import torch

    vectors = token_vectors(bert, packed)
    u, v = mean_of_texts(vectors, packed).view(len(packed.starts), 2, -1).unbind(dim=1)
    first, second = vectors[packed.starts].float(), vectors[packed.starts + packed.lengths[::2]].float()
    return torch.cat([(first + second) / 2, u + v, (u - v).abs(), u * v], dim=1)
