"""The training loop that all models of the course share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from stslib.errors import StsError
from stslib.inputs import check_pairs
from stslib.precision import mixed_precision
from stslib.progress import bar
from stslib.randomness import seed_everything

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor, nn

WARM_UP = 0.1  # share of the steps in which the learning rate rises; afterwards it falls to 0


def descend(
    model: nn.Module,
    plan: Sequence[Sequence[NDArray]],
    loss_of: Callable[[NDArray], Tensor],
    *,
    rate: float,
    after_epoch: Callable[[int], object] | None = None,
    progress: bool = False,
) -> list[float]:
    """Train a model in place, and return the loss of every step.

    AdamW, a learning rate that rises over the first tenth of the steps and then falls to 0,
    gradients cut to length 1 (Devlin et al. 2019, appendix A.2).

    Args:
        model: left in evaluation mode.
        plan: for each epoch its batches, each the places of some examples.
        loss_of: the loss of a batch, computed in 16-bit numbers where they are fast.
        rate: the highest learning rate.
        after_epoch: called with the number of each finished epoch, from 1.
        progress: show a bar.

    Raises:
        StsError: the loss is no longer finite.
    """
    import torch
    from transformers import get_linear_schedule_with_warmup

    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=rate, fused=True)
    steps = sum(map(len, plan))
    schedule = get_linear_schedule_with_warmup(optimizer, round(WARM_UP * steps), steps)
    place = parameters[0].device.type
    losses: list[float] = []
    for epoch, batches in enumerate(plan, 1):
        model.train()
        for batch in bar(batches, f"epoch {epoch} of {len(plan)}", show=progress):
            with mixed_precision(place):
                loss = loss_of(batch)
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                raise StsError(f"Training broke down at step {len(losses)}: try a smaller rate than {rate:g}.")
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
        model.eval()
        if after_epoch:
            after_epoch(epoch)
    return losses


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Switch dropout off in a model that is in training mode."""
    from torch.nn import Dropout

    layers = [module for module in model.modules() if isinstance(module, Dropout)]
    before = [layer.p for layer in layers]
    try:
        for layer in layers:
            layer.p = 0.0
        yield
    finally:
        for layer, p in zip(layers, before, strict=True):
            layer.p = p


def random_batches(count: int, size: int, epochs: int, seed: int) -> list[list[NDArray[np.int64]]]:
    """Return for each epoch all places from 0 to `count`, in random batches; seeds everything else, too."""
    seed_everything(seed)
    order = np.random.default_rng(seed)
    return [np.split(order.permutation(count), range(size, count, size)) for _ in range(epochs)]


def checked_targets(first: Sequence[str], second: Sequence[str], targets: ArrayLike) -> Tensor:
    """Return the targets of pairs of sentences, shape (n,).

    Raises:
        StsError: lengths differ, there are no pairs, or a target is not between 0 and 1.
    """
    import torch

    check_pairs(first, second)
    goal = torch.as_tensor(np.asarray(targets, dtype=np.float32))
    if not len(first) or len(first) != len(goal):
        raise StsError(f"Training needs a target for each pair, not {len(goal)} for {len(first)}.")
    if not bool(((goal >= 0) & (goal <= 1)).all()):
        raise StsError("Targets must lie between 0 and 1: divide scores by 5.")
    return goal
