"""Sentence-BERT: one vector a sentence, trained so that its cosine says how alike two sentences are.

Reimers & Gurevych 2019, arXiv:1908.10084. Such a model is also called a bi-encoder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.encoding import mean_pooled_bert, token_ids
from stslib.errors import StsError
from stslib.loop import checked_targets, descend, random_batches, without_dropout
from stslib.models import device, model_folder, quiet_loading
from stslib.packed import Tokens, mean_of_texts, read_tokens, token_vectors
from stslib.profiles import Profile, profile
from stslib.randomness import SEED
from stslib.saving import add_border_and_card, whole_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

    from stslib.threshold import Threshold

Loss = Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]

MAX_TOKENS = 256
RATE = 1e-4
EPOCHS = 4
BATCH_SIZE = 32
SCALE = 20.0


def new_bi(which: Profile | None = None) -> SentenceTransformer:
    """Return the profile's BERT with mean pooling and vectors of length 1, on the best device.

    Args:
        which: profile; default: the active one.
    """
    folder = model_folder((which or profile()).bert)
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    with quiet_loading():
        bert = Transformer(str(folder), max_seq_length=MAX_TOKENS)
        pooling = Pooling(bert.get_embedding_dimension(), pooling_mode="mean")
        return SentenceTransformer(modules=[bert, pooling, Normalize()], device=device())


def cosine_loss(u: Tensor, v: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared difference of cosine and target (Reimers & Gurevych 2019, section 3).

    Args:
        u, v: vectors of the first and the second sentences, shape (pairs, width).
        targets: shape (pairs,).
    """
    from torch.nn.functional import cosine_similarity, mse_loss

    return mse_loss(cosine_similarity(u, v), targets)


def cosent_loss(u: Tensor, v: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every pair whose cosine is above that of a pair with a higher target.

    ln(1 + Σ exp(20 · (cosine of the lower pair − cosine of the higher pair))) over all such
    two pairs of the batch (Huang et al. 2024, CoSENT). Only the order of the targets counts.

    Args:
        u, v, targets: see `cosine_loss`.
    """
    from torch.nn.functional import cosine_similarity

    return cosent_of_cosines(cosine_similarity(u, v), targets)


def cosent_of_cosines(cosines: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of `cosent_loss` for cosines that are known, shape (pairs,)."""
    import torch

    gap = SCALE * (cosines[:, None] - cosines[None, :])
    lower = targets[:, None] < targets[None, :]
    return torch.cat([gap[lower], gap.new_zeros(1)]).logsumexp(dim=0)


def train_bi(
    encoder: SentenceTransformer,
    first: Sequence[str],
    second: Sequence[str],
    targets: ArrayLike,
    *,
    loss: Loss = cosent_loss,
    epochs: int = EPOCHS,
    rate: float = RATE,
    batch_size: int = BATCH_SIZE,
    seed: int = SEED,
    after_epoch: Callable[[int], object] | None = None,
    progress: bool = False,
) -> list[float]:
    """Train a sentence encoder in place, and return the loss of every step.

    Batches are random, as the loss needs them; no padding is computed (`stslib.packed`). Dropout
    is off: with it, the first epoch of STS-B ended lower (benchmarks/tries.md) and takes longer.

    Args:
        encoder: from `new_bi` or `stslib.models.load_sentence_transformer`.
        first, second: n sentences each.
        targets: from 0 (not the same) to 1 (the same), shape (n,): labels, or scores divided by 5.
        loss: of the vectors of both sides and the targets, such as `cosine_loss`.
        epochs: how often each pair is read.
        rate: the highest learning rate.
        batch_size: pairs a step.
        seed: of the order of the pairs.
        after_epoch: called with the number of each finished epoch, from 1.
        progress: show a bar.

    Raises:
        StsError: lengths differ, a target is not between 0 and 1, the encoder is of another kind,
            or the loss is no longer finite.
    """
    from torch.nn.functional import normalize

    goal = checked_targets(first, second, targets)
    bert = mean_pooled_bert(encoder)
    if bert is None:
        raise StsError("Only a BERT with mean pooling can be trained here: start from stslib.new_bi().")
    texts = [*first, *second]
    tokens = read_tokens(len(texts), lambda part: Tokens(token_ids(encoder, texts[part])), progress=progress)
    plan = random_batches(len(first), batch_size, epochs, seed)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        packed = tokens.pack([*batch, *batch + len(first)], bert.device)
        vectors = normalize(mean_of_texts(token_vectors(bert, packed), packed), dim=1)
        u, v = vectors.split(len(batch))
        return loss(u, v, goal[batch].to(u.device))

    with without_dropout(bert):
        return descend(encoder, plan, loss_of, rate=rate, after_epoch=after_epoch, progress=progress)


def save_bi(
    encoder: SentenceTransformer,
    out: str | Path,
    *,
    border: Threshold | None = None,
    card: str = "",
    force: bool = False,
) -> Path:
    """Save a sentence encoder as a folder with safetensors weights, whole or not at all, and return the folder.

    Args:
        encoder: the model.
        out: the folder, new or empty.
        border: of label 1 on this model's cosines, saved along with it.
        card: what a reader should know, in Markdown; saved as ``README.md``.
        force: replace a model that is there.

    Raises:
        StsError: see `stslib.saving.check_target`.
    """
    with whole_folder(out, force=force) as draft, quiet_loading():
        encoder.save_pretrained(str(draft), create_model_card=False)
        _use_portable_names(draft / "modules.json")
        add_border_and_card(draft, border, card)
    return Path(out)


def _use_portable_names(file: Path) -> None:
    """Name the modules as sentence-transformers 5 and 6 both know them: 6 alone knows the names that it writes."""
    modules = json.loads(file.read_text(encoding="utf-8"))
    for module in modules:
        module["type"] = "sentence_transformers.models." + module["type"].rsplit(".", 1)[1]
    file.write_text(json.dumps(modules, indent=2) + "\n", encoding="utf-8")
