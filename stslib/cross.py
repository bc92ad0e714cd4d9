"""The cross-encoder: the whole BERT, fine-tuned with a head on the pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.errors import StsError
from stslib.inputs import check_pairs
from stslib.loop import checked_targets, descend, random_batches
from stslib.models import device, model_folder, quiet_loading
from stslib.packed import Packed, Tokens, read_all, read_tokens, token_vectors
from stslib.precision import mixed_precision
from stslib.profiles import Profile, profile
from stslib.progress import shown
from stslib.randomness import SEED, seed_everything
from stslib.saving import add_border_and_card, whole_folder

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

    from stslib.threshold import Threshold

NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
RATE = 1e-4  # 2e-5 is too small; 1e-4 and 2e-4 differ by less than seeds do: benchmarks/finetuning.json
EPOCHS = 3
BATCH_SIZE = 16


def new_cross(which: Profile | None = None, *, seed: int = SEED) -> CrossEncoder:
    """Return the profile's BERT with a new head of one output, without dropout, on the best device.

    The head is BERT's own for pairs (Devlin et al. 2019, figure 4a): a dense layer with tanh
    on ``[CLS]``, then one number, which a sigmoid brings between 0 and 1. Dropout is off: over
    three seeds it made no difference that could be seen (benchmarks/finetuning.json).

    Args:
        which: profile; default: the active one.
        seed: of the head's random numbers.
    """
    folder = model_folder((which or profile()).bert)
    from sentence_transformers import CrossEncoder

    seed_everything(seed)
    with quiet_loading():
        return CrossEncoder(str(folder), num_labels=1, device=device(), config_kwargs=NO_DROPOUT)


def bert_of(cross: CrossEncoder) -> Any:
    """Return the PyTorch model inside: a ``BertForSequenceClassification``."""
    return cross.model


def load_cross(folder: str | Path) -> CrossEncoder:
    """Return a saved cross-encoder with one output, on the best device.

    Raises:
        StsError: the folder holds none.
    """
    if not (Path(folder) / "config.json").is_file():
        raise StsError(f"The folder {folder} holds no cross-encoder (config.json is missing).")
    from sentence_transformers import CrossEncoder

    with quiet_loading():
        cross = CrossEncoder(str(folder), device=device())
    kinds = bert_of(cross).config.architectures or []
    if not any("SequenceClassification" in kind for kind in kinds):  # its head would be new, and its scores noise
        raise StsError(f"The model in {folder} has no head for pairs (it is a {', '.join(kinds) or 'model'}).")
    if cross.num_labels != 1:
        raise StsError(f"The model in {folder} has {cross.num_labels} outputs; a score needs one.")
    return cross


def save_cross(
    cross: CrossEncoder, out: str | Path, *, border: Threshold | None = None, card: str = "", force: bool = False
) -> Path:
    """Save a cross-encoder as a folder with safetensors weights, whole or not at all, and return the folder.

    Args:
        cross: the model.
        out: the folder, new or empty.
        border: of label 1 on this model's scores, saved along with it.
        card: what a reader should know, in Markdown; saved as ``README.md``.
        force: replace a model that is there.

    Raises:
        StsError: see `stslib.saving.check_target`.
    """
    with whole_folder(out, force=force) as draft, quiet_loading():
        bert_of(cross).save_pretrained(draft)
        cross.tokenizer.save_pretrained(draft)
        add_border_and_card(draft, border, card)
    return Path(out)


def train_cross(
    cross: CrossEncoder,
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
    """Fine-tune a cross-encoder in place, and return the loss of every step.

    Binary cross-entropy between the sigmoid of the output and the target, by `stslib.loop.descend`.

    Args:
        cross: from `new_cross` or `load_cross`.
        first, second: n sentences each.
        targets: from 0 (not the same) to 1 (the same), shape (n,): labels, or scores divided by 5.
        epochs: how often each pair is read.
        rate: the highest learning rate.
        batch_size: pairs a step.
        seed: of the order of the pairs.
        after_epoch: called with the number of each finished epoch, from 1.
        progress: show a bar.

    Raises:
        StsError: lengths differ, a target is not between 0 and 1, or the loss is no longer finite.
    """
    from torch.nn.functional import binary_cross_entropy_with_logits

    goal = checked_targets(first, second, targets)
    bert = bert_of(cross)
    if not _is_plain_bert(cross):
        raise StsError("Only a BERT with a head on the pair can be trained here: start from stslib.cross.new_cross().")
    tokens = read_tokens(len(first), lambda part: _read(cross, first[part], second[part]), progress=progress)
    plan = random_batches(len(first), batch_size, epochs, seed)

    def loss_of(batch: NDArray[np.int64]) -> Any:
        logits = _logits(bert, tokens.pack(batch, bert.device))
        return binary_cross_entropy_with_logits(logits.float(), goal[batch].to(bert.device))

    return descend(bert, plan, loss_of, rate=rate, after_epoch=after_epoch, progress=progress)


def cross_scores(
    cross: CrossEncoder, first: Sequence[str], second: Sequence[str], *, bits: int = 16, progress: bool = False
) -> NDArray[np.float64]:
    """Return the score of each pair by a cross-encoder, from 0 to 1, shape (n,).

    Args:
        cross: the model.
        first, second: n sentences each.
        bits: of the numbers to compute with: 16 where that is fast, or 32.
        progress: show a bar.

    Raises:
        StsError: the two lists differ in length.
    """
    check_pairs(first, second)
    if not len(first):
        return np.empty(0)
    bert = bert_of(cross)
    with mixed_precision(bert.device.type, bits):
        if not _is_plain_bert(cross):
            pairs = list(zip(first, second, strict=True))
            return np.asarray(cross.predict(pairs, show_progress_bar=shown(progress)), dtype=float)
        bert.eval()  # no dropout
        to_scores: Any = cross.activation_fn
        scores = read_all(
            len(first),
            lambda part: _read(cross, first[part], second[part]),
            lambda packed: to_scores(_logits(bert, packed).float()),
            bert.device,
            what="score",
            progress=progress,
        )
    return scores.astype(float)


def _is_plain_bert(cross: CrossEncoder) -> bool:
    from transformers import BertForSequenceClassification

    return isinstance(bert_of(cross), BertForSequenceClassification) and not cross.default_prompt_name


def _read(cross: CrossEncoder, first: Sequence[str], second: Sequence[str]) -> Tokens:
    """Return the tokens of each pair, cut where too long."""
    limit = bert_of(cross).config.max_position_embeddings
    read = cross.tokenizer(list(first), list(second), truncation=True, max_length=limit, return_attention_mask=False)
    return Tokens(read["input_ids"], segments=read["token_type_ids"])


def _logits(bert: Any, packed: Packed) -> Any:
    """Return what `BertForSequenceClassification` puts out for each pair, shape (pairs,)."""
    first_tokens = token_vectors(bert.bert, packed)[packed.starts]
    pooled = bert.bert.pooler.activation(bert.bert.pooler.dense(first_tokens))
    return bert.classifier(bert.dropout(pooled))[:, 0]
